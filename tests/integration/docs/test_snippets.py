"""The programs of docs/events.md, run as a reader runs them."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
import pytest
from pydantic import SecretStr

from extractor.api import create_app
from extractor.postgres.database import Database
from extractor.webhooks import Teller
from extractor.webhooks.outbox import Outbox
from extractor.webhooks.receiver import Receiver
from extractor.webhooks.sender import Patience
from tests.support.api import api_settings, serving
from tests.support.documents import ROOT
from tests.support.raw_server import refusing_port
from tests.support.rows import insert_job
from tests.support.system import eventually
from tests.support.webhook_receiver import SECRET

SNIPPETS = ROOT / "docs/snippets"
BATCH = "7f0c2a54-3c1e-4f0e-9d5b-3a4c0a1f2b6d"
KEY = "planted-key"


@pytest.mark.parametrize("command", [[sys.executable, "wait_for_batch.py"], ["node", "wait-for-batch.mjs"]])
def test_program_waits_for_the_last_row_of_an_import(
    command: list[str], database_url: str, sql: psycopg.Connection, tmp_path: Path
) -> None:
    numbers = ("1 111 111", "2 222 222")
    done, failed = (insert_job(sql, batch_id=BATCH, document_number=number) for number in numbers)
    other = insert_job(sql)
    app = create_app(api_settings(database_url, tmp_path, api_key=KEY))
    with serving(app) as client:
        variables = {**os.environ, "EXTRACTOR_API": str(client.base_url).rstrip("/"), "API_KEY": KEY}
        with subprocess.Popen(
            [*command, BATCH], cwd=SNIPPETS, env=variables, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        ) as program:
            eventually(lambda: app.state.bell.waiting == 1, "the program listens")
            sql.execute(
                "UPDATE extraction_queue SET status = 'Complété', supabase_path = 'index/a.pdf' WHERE id = %s", [done]
            )
            assert program.poll() is None
            sql.execute(
                "UPDATE extraction_queue SET status = 'Erreur', error_code = 'document_not_found',"
                " error_message = 'Aucun document.' WHERE id = %s",
                [failed],
            )
            printed, _ = program.communicate(timeout=60)

    assert program.returncode == 0
    assert sorted(printed.splitlines()) == [
        "1 111 111 index/a.pdf", "2 222 222 document_not_found: Aucun document."
    ]  # fmt: skip
    assert sql.execute("SELECT status FROM extraction_queue WHERE id = %s", [other]).fetchall() == [("En attente",)]


def test_receiver_notes_what_is_signed_and_nothing_else(
    sql: psycopg.Connection, database: Database, tmp_path: Path
) -> None:
    port, outbox = refusing_port(), Outbox(database)
    outbox.want(days=30)
    insert_job(sql)
    sql.execute("UPDATE extraction_queue SET status = 'Erreur'")
    url = f"http://127.0.0.1:{port}/"
    teller = Teller(
        database,
        Receiver(SecretStr(url), SecretStr(SECRET)),
        event_days=30,
        patience=Patience(first_pause=0.1, longest_pause=0.1, longest_rest=0.1, look=0.1),
    )
    command = [sys.executable, str(SNIPPETS / "receive.py"), str(port)]
    with subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "WEBHOOK_SECRET": SECRET}, stderr=subprocess.DEVNULL
    ) as program:
        teller.start()
        eventually(lambda: is_empty(sql), "the event is delivered")
        teller.stop()
        forged = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        assert httpx.post(url, content=b"{}", headers=forged, trust_env=False).status_code == 401
        program.terminate()

    with sqlite3.connect(tmp_path / "webhooks.sqlite3") as notes:
        ((body,),) = notes.execute("SELECT body FROM events").fetchall()
    notes.close()
    assert '"type":"extraction.failed"' in body


def is_empty(sql: psycopg.Connection) -> bool:
    return sql.execute("SELECT FROM webhook_deliveries").fetchall() == []
