"""Receive webhooks: python receive.py PORT (standardwebhooks 1.1 verifies; there is one for each language)."""

import os
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

WEBHOOK = Webhook(os.environ["WEBHOOK_SECRET"])
notes = sqlite3.connect("webhooks.sqlite3")
notes.execute("CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, body TEXT, done INTEGER DEFAULT 0)")


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            WEBHOOK.verify(body, dict(self.headers))
        except WebhookVerificationError:
            self.send_response(401)
        else:
            # An event may come twice: its id makes one of both. Answer first, and work on the notes afterwards.
            with notes:
                event = (self.headers["webhook-id"], body.decode())
                notes.execute("INSERT OR IGNORE INTO events (id, body) VALUES (?, ?)", event)
            self.send_response(204)
        self.end_headers()


HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
