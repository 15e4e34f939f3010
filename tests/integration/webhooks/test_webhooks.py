"""Webhooks at a real receiver: each event at least once, those of a row in order, whatever fails in between."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import psycopg
import pytest
from pydantic import SecretStr

from extractor.postgres.database import Database
from extractor.postgres.events import Events
from extractor.webhooks import Teller
from extractor.webhooks.outbox import Outbox
from extractor.webhooks.receiver import Receiver
from extractor.webhooks.sender import Patience
from tests.support.raw_server import refusing_port
from tests.support.raw_server import running as raw_server
from tests.support.rows import insert_job
from tests.support.system import eventually
from tests.support.webhook_receiver import SECRET, WebhookReceiver, after, listening, status

# As the defaults, a hundred times faster; a lease is longer than a try.
QUICK = Patience(first_pause=0.05, longest_pause=0.4, longest_rest=0.1, look=0.02, lease=60)
IMPATIENT = 0.5  # seconds for an answer, where a test waits for their end
FAIL = "UPDATE extraction_queue SET status = 'Erreur', error_code = 'document_not_found'"
AGAIN = "UPDATE extraction_queue SET status = 'En attente'"
STORY = ["extraction.failed", "extraction.sent_again", "extraction.failed"]


def teller(
    database: Database, url: str, *, secret: str = SECRET, patience: Patience = QUICK, answer_seconds: float = 60
) -> Teller:
    receiver = Receiver(SecretStr(url), SecretStr(secret), answer_seconds=answer_seconds)
    return Teller(database, receiver, event_days=30, patience=patience)


@contextmanager
def telling(*tellers: Teller) -> Iterator[None]:
    for one in tellers:
        one.start()
    try:
        yield
    finally:
        for one in tellers:
            one.stop()


@pytest.fixture
def wanted(database: Database) -> None:
    """As if a sender had been there once."""
    Outbox(database).want(days=30)


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with listening(WebhookReceiver(0)) as receiver:
        yield receiver


def tell_of(sql: psycopg.Connection, rows: int = 1) -> list[str]:
    """Rows that fail, are sent again and fail."""
    jobs = [insert_job(sql) for _ in range(rows)]
    for statement in (FAIL, AGAIN, FAIL):
        sql.execute(statement)
    return jobs


def waiting(sql: psycopg.Connection, condition: str = "true") -> int:
    ((number,),) = sql.execute(f"SELECT count(*) FROM webhook_deliveries WHERE {condition}").fetchall()
    return int(number)


def all_told(sql: psycopg.Connection) -> None:
    eventually(lambda: waiting(sql) == 0, "the outbox is empty")


@pytest.mark.usefixtures("wanted")
def test_receiver_that_is_down_then_slow_then_broken_gets_each_event_in_order(
    sql: psycopg.Connection, database: Database
) -> None:
    jobs, port, slowness = tell_of(sql, rows=3), refusing_port(), threading.Event()
    receiver = WebhookReceiver(port, [after(slowness), status(500), status(500)])
    with telling(teller(database, receiver.url, answer_seconds=IMPATIENT)):
        eventually(lambda: waiting(sql, "tries >= 2") > 0, "the receiver was missed twice")
        with listening(receiver):
            all_told(sql)
            slowness.set()

    stories: dict[str, list[str]] = defaultdict(list)
    for call in {call.message_id: call for call in reversed(receiver.taken)}.values():  # the first of each id
        stories[call.job_id].insert(0, call.body["type"])
    assert stories == dict.fromkeys(jobs, STORY)
    ids = [call.message_id for call in receiver.calls]
    assert len(set(ids)) == 9  # one id for all tries of an event
    assert len(ids) >= 12


@pytest.mark.usefixtures("wanted")
def test_two_senders_never_have_the_same_event_at_once(
    sql: psycopg.Connection, database: Database, receiver: WebhookReceiver
) -> None:
    tell_of(sql, rows=20)
    with telling(teller(database, receiver.url), teller(database, receiver.url)):
        all_told(sql)

    assert len(receiver.calls) == len({call.message_id for call in receiver.calls}) == 60
    for job_id in {call.job_id for call in receiver.calls}:
        calls = [call for call in receiver.calls if call.job_id == job_id]
        assert [call.body["type"] for call in calls] == STORY
        assert all(one.ended <= other.begun for one, other in pairwise(calls))


KILLED = """
import sys
from pydantic import SecretStr
from extractor.postgres.database import Database
from extractor.webhooks import Teller
from extractor.webhooks.receiver import Receiver
from extractor.webhooks.sender import Patience
url, secret, database = sys.argv[1:]
teller = Teller(Database(database), Receiver(SecretStr(url), SecretStr(secret)), event_days=30,
                patience=Patience(lease=1))
teller.start()
sys.stdin.read()
"""


@pytest.mark.usefixtures("wanted")
def test_event_of_a_sender_that_was_killed_is_sent_by_another(
    sql: psycopg.Connection, database: Database, database_url: str, receiver: WebhookReceiver
) -> None:
    tell_of(sql)
    silence = threading.Event()
    receiver.answers = [after(silence)]
    command = [sys.executable, "-c", KILLED, receiver.url, SECRET, database_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as killed:
        eventually(lambda: len(receiver.calls) == 1, "the sender waits for an answer")
        killed.send_signal(signal.SIGKILL)

    with telling(teller(database, receiver.url)):
        all_told(sql)
    silence.set()

    first, *others = receiver.calls
    assert [call.body["type"] for call in others] == STORY
    assert first.message_id == others[0].message_id


@pytest.mark.usefixtures("wanted")
def test_sender_that_is_stopped_gives_its_event_back_at_once(
    sql: psycopg.Connection, database: Database, receiver: WebhookReceiver
) -> None:
    tell_of(sql)
    silence = threading.Event()
    receiver.answers = [after(silence)]
    with telling(teller(database, receiver.url, patience=Patience(lease=3600))):
        eventually(lambda: len(receiver.calls) == 1, "the sender waits for an answer")
    silence.set()

    assert waiting(sql, "lease_id IS NULL AND due_at <= now()") == 3


def test_without_a_receiver_nothing_piles_up(sql: psycopg.Connection, database: Database) -> None:
    tell_of(sql)
    with telling(Teller(database, None, event_days=30)):
        tell_of(sql)
    Outbox(database).want(days=30)
    sql.execute("UPDATE event_control SET wanted_until = now()")  # days after the last sender
    tell_of(sql)

    assert waiting(sql) == 0


@pytest.mark.usefixtures("wanted")
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
            "answered 302: it has",
        ),
        (b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", "answered 410: it wants no more events"),
        (b"HTTP/1.1 429 Slow\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n", "answered 429"),
        (b"HTTP/1.1 200 OK", "did not answer within 0.5 s"),  # and never the end of its head
        (b"no HTTP at all\r\n\r\n", "cannot be reached"),
    ],
)
def test_odd_answer_is_a_refusal_and_no_event_is_lost(
    answer: bytes, says: str, sql: psycopg.Connection, database: Database
) -> None:
    tell_of(sql)
    with raw_server() as server:
        server.answers, server.keeps_lines = [answer], True
        with telling(teller(database, f"{server.url}/hook", answer_seconds=IMPATIENT)):
            eventually(lambda: waiting(sql, "last_error IS NOT NULL") > 0, "the answer is noted")

    ((problem,),) = sql.execute("SELECT min(last_error) FROM webhook_deliveries").fetchall()
    assert problem.startswith(f"The receiver {says}")
    assert waiting(sql) == 3
    assert "planted" not in problem


@pytest.mark.usefixtures("wanted")
def test_receiver_that_wants_no_more_is_left_alone(
    sql: psycopg.Connection, database: Database, receiver: WebhookReceiver
) -> None:
    tell_of(sql, rows=3)
    receiver.answers = [status(410)]
    patience = Patience(first_pause=0.01, longest_pause=3600, longest_rest=0.01, look=0.01)
    with telling(teller(database, receiver.url, patience=patience)):
        eventually(lambda: waiting(sql, "last_error IS NOT NULL") > 0, "it said so")

    assert len(receiver.calls) == 1
    assert waiting(sql, "due_at > now() + interval '50 minutes'") == 1


@pytest.mark.usefixtures("wanted")
def test_endless_body_of_an_answer_is_not_read(sql: psycopg.Connection, database: Database) -> None:
    tell_of(sql)
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + 100_000 * b"x"
    with raw_server() as server:
        server.answers, server.keeps_lines = [endless] * 3, True
        with telling(teller(database, f"{server.url}/hook")):
            all_told(sql)

    assert len(server.requests) == 3


@pytest.mark.usefixtures("wanted")
def test_one_event_that_is_always_refused_holds_up_its_own_row_alone(
    sql: psycopg.Connection, database: Database, receiver: WebhookReceiver
) -> None:
    refused, other = tell_of(sql, rows=2)
    sql.execute("UPDATE webhook_deliveries SET due_at = due_at - interval '1 s' WHERE job_id = %s", [refused])
    receiver.answers = [status(400)]
    patience = Patience(first_pause=600, longest_pause=600, longest_rest=0.01, look=0.01)
    with telling(teller(database, receiver.url, patience=patience)):
        eventually(lambda: waiting(sql) == 3, "the other row is told")

    assert {call.job_id for call in receiver.taken} == {other}


@pytest.mark.usefixtures("wanted")
def test_receiver_may_change_to_a_new_secret_at_any_moment(
    sql: psycopg.Connection, database: Database, receiver: WebhookReceiver
) -> None:
    new = "whsec_plantedsecretofthetestsofwebhooks002"
    receiver.secrets = (SECRET, new)
    tell_of(sql)

    with telling(teller(database, receiver.url, secret=f"{new}, {SECRET}")):
        all_told(sql)

    assert len(receiver.taken) == 3


@pytest.mark.usefixtures("wanted")
def test_event_that_grew_old_undelivered_is_deleted_with_a_word(
    sql: psycopg.Connection, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    tell_of(sql)
    sql.execute("UPDATE extraction_events SET at = at - interval '31 days' WHERE kind = 'sent_again'")

    with caplog.at_level(logging.ERROR):
        assert Events(database).forget(days=30) == 1

    assert waiting(sql) == 2
    assert "1 event was deleted after 30 days (EVENT_DAYS), and the receiver never took it" in caplog.text
