"""What the doctor says of webhooks that do not arrive."""

from __future__ import annotations

import psycopg

from extractor.doctor.check import State
from extractor.postgres.database import Database
from extractor.webhooks.outbox import Outbox
from tests.support.doctor import Only, Setter, findings
from tests.support.rows import insert_job
from tests.support.webhook_receiver import SECRET


def test_events_that_nobody_took_are_told_and_what_to_do(
    sql: psycopg.Connection, database: Database, settings: Setter, only: Only
) -> None:
    only("webhooks")
    settings()
    assert says() == (State.OK, "no WEBHOOK_URL, so nobody is told of ended rows.")

    settings(WEBHOOK_URL="http://127.0.0.1:9/", WEBHOOK_SECRET=SECRET)
    assert says()[0] == State.WARNING  # no bridge has it

    outbox = Outbox(database)
    outbox.want(days=30)
    assert says() == (State.OK, "the receiver took every event; there was none yet.")

    insert_job(sql)
    sql.execute("UPDATE extraction_queue SET status = 'Erreur'")
    delivery = outbox.take(lease_seconds=60)
    assert delivery is not None
    outbox.not_delivered(delivery, pause_seconds=0, problem="The receiver answered 500.")
    state, text = says()
    assert (state, text.startswith("1 event not delivered, the oldest since 20")) == (State.WARNING, True)
    assert "The receiver answered 500. The bridge goes on trying" in text

    settings(WEBHOOK_URL=None, WEBHOOK_SECRET=None)
    assert "WEBHOOK_URL is not set here: set it for the bridge" in says()[1]


def says() -> tuple[State, str]:
    finding = findings()["webhooks"]
    return finding.state, finding.text
