"""One pass of the bridge, with a real table and a real broker."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from celery import Celery
from kombu import pools
from kombu.exceptions import InconsistencyError
from kombu.transport.redis import Channel
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from extractor.models import Source
from extractor.postgres.database import WAIT_SECONDS, Database
from extractor.settings import Settings
from tasks import bridge as bridge_module
from tasks.bridge import BROKER_OUTAGES, Bridge
from tests.chaos.proxy import Proxies
from tests.support.rows import column, insert_job
from tests.support.system import eventually
from tests.support.webhook_receiver import SECRET, WebhookReceiver, after, listening

WINDOW = 5
# Longer than the bridge needs to connect again.
OUTAGE_SECONDS = 4


def settings_for(database_url: str, redis_url: str, directory: Path) -> Settings:
    return Settings(
        _env_file=None,
        database_url=SecretStr(database_url),
        redis_url=SecretStr(redis_url),
        storage_dir=directory,
        dispatch_window=WINDOW,
        redispatch_seconds=60,
    )


@pytest.fixture
def bridge(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Bridge]:
    with Celery(broker=redis_url, set_as_current=False) as app:
        bridge = Bridge(app, settings_for(database_url, redis_url, tmp_path))
        yield bridge
        bridge.close()


def popped(broker: redis.Redis) -> dict[str, Any]:
    """The next message of the index queue, taken off it."""
    text = broker.lpop("index")
    assert isinstance(text, bytes)
    message: dict[str, Any] = json.loads(text)
    return message


@pytest.fixture
def broker(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


def test_messages_carry_the_rows_id_and_nothing_else(
    sql: psycopg.Connection, bridge: Bridge, broker: redis.Redis
) -> None:
    job_id = insert_job(sql, document_source="plan_cadastraux")

    assert bridge.make_pass() == 1

    (raw,) = broker.lrange("plan_cadastraux", 0, -1)
    message = json.loads(raw)
    assert message["headers"]["task"] == "extract.plan_cadastraux"
    assert message["headers"]["argsrepr"] == f"['{job_id}']"


def test_broker_never_holds_more_than_the_window_however_long_the_table(
    sql: psycopg.Connection, bridge: Bridge, broker: redis.Redis
) -> None:
    for _ in range(3 * WINDOW):
        insert_job(sql)
    sent: set[str] = set()

    for _ in range(3):
        bridge.make_pass()
        bridge.make_pass()
        assert broker.llen("index") == WINDOW
        sent |= {popped(broker)["headers"]["argsrepr"] for _ in range(WINDOW)}

    assert len(sent) == 3 * WINDOW
    assert bridge.make_pass() == 0


def test_full_queue_of_one_source_does_not_hold_up_another(
    sql: psycopg.Connection, bridge: Bridge, broker: redis.Redis
) -> None:
    for _ in range(2 * WINDOW):
        insert_job(sql)
    bridge.make_pass()
    insert_job(sql, document_source="acte", acte_type="Acte")

    assert bridge.make_pass() == 1
    assert broker.llen("acte") == 1


def test_messages_that_redis_lost_are_sent_again(sql: psycopg.Connection, bridge: Bridge, broker: redis.Redis) -> None:
    insert_job(sql)
    bridge.make_pass()
    broker.flushall()
    assert bridge.make_pass() == 0  # the message may still be on its way

    sql.execute("UPDATE extraction_queue SET dispatched_at = now() - interval '61 s'")

    assert bridge.make_pass() == 1


def test_row_stays_unsent_while_the_broker_is_down(sql: psycopg.Connection, database_url: str, tmp_path: Path) -> None:
    job_id = insert_job(sql)
    nowhere = "redis://127.0.0.1:9/0"
    with Celery(broker=nowhere, set_as_current=False) as app:
        bridge = Bridge(app, settings_for(database_url, nowhere, tmp_path))

        with pytest.raises(redis.ConnectionError):
            bridge.make_pass()

        bridge.close()
    assert column(sql, job_id, "dispatched_at") is None


def test_bridge_ends_soon_while_postgres_is_away(redis_url: str, tmp_path: Path) -> None:
    nowhere = "postgresql://x:x@127.0.0.1:9/x"
    with Celery(broker=redis_url, set_as_current=False) as app:
        bridge = Bridge(app, settings_for(nowhere, redis_url, tmp_path))
        begun_at = time.monotonic()

        bridge.close()

    assert time.monotonic() - begun_at < WAIT_SECONDS / 2


def test_ring_asks_the_broker_nothing_unless_a_queue_was_full(
    sql: psycopg.Connection, bridge: Bridge, broker: redis.Redis
) -> None:
    def questions() -> int:
        return int(broker.info("commandstats")["cmdstat_llen"]["calls"])

    insert_job(sql)
    bridge.make_pass()  # opens the connections, and declares the queue
    before = questions()
    for _ in range(WINDOW):
        insert_job(sql)

    assert (bridge.send_rung(), questions() - before) == (WINDOW - 1, 0)
    assert (bridge.send_rung(), questions() - before) == (0, len(Source))
    popped(broker)
    assert bridge.send_rung() == 1
    assert broker.llen("index") == WINDOW


@pytest.mark.parametrize("error", [redis.ConnectionError, redis.TimeoutError, InconsistencyError, ConnectionResetError])
def test_line_that_breaks_within_a_batch_costs_that_pass_alone(
    error: type[Exception], sql: psycopg.Connection, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert_job(sql)
    insert_job(sql)
    measure, answers = Channel._size, iter([False])

    def measure_and_lose_the_first_answer(channel: Channel, queue: str) -> int:
        size: int = measure(channel, queue)
        if not next(answers, True):
            raise error("Connection closed by server.")
        return size

    pools.reset()  # a connection of another test has declared the queue
    monkeypatch.setattr(Channel, "_size", measure_and_lose_the_first_answer)
    with pytest.raises(BROKER_OUTAGES):
        bridge.send_rung()

    assert bridge.send_rung() == 2


def test_messages_of_a_pass_reach_the_broker_together(
    sql: psycopg.Connection, database_url: str, redis_url: str, broker: redis.Redis, tmp_path: Path
) -> None:
    settings = settings_for(database_url, redis_url, tmp_path).model_copy(update={"dispatch_window": 200})
    with Celery(broker=redis_url, set_as_current=False) as app:
        bridge = Bridge(app, settings)
        insert_job(sql)
        bridge.make_pass()  # opens the connections
        sql.execute(
            "INSERT INTO extraction_queue (document_source, document_number, circonscription_fonciere, cadastre)"
            " SELECT document_source, document_number, circonscription_fonciere, cadastre"
            " FROM extraction_queue, generate_series(1, 150)"
        )
        before = broker.info("stats")["total_reads_processed"]

        assert bridge.send_due() == 150

        assert broker.info("stats")["total_reads_processed"] - before < 50
        bridge.close()


def test_row_that_rings_is_sent_before_the_rest_of_a_pass(
    sql: psycopg.Connection,
    database_url: str,
    redis_url: str,
    broker: redis.Redis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bridge_module, "REST_SECONDS", 60.0)  # the rest would send the row too
    insert_job(sql)  # before the bridge listens: nothing else rings
    with served(database_url, redis_url, tmp_path):
        eventually(lambda: is_shown(sql), "its first pass is over")

        insert_job(sql, document_source="plan_cadastraux")
        eventually(lambda: broker.llen("plan_cadastraux") == 1, "the row that rang is sent", seconds=10)


def test_queue_is_filled_again_while_workers_empty_it_and_more_rows_wait(
    sql: psycopg.Connection, database_url: str, redis_url: str, broker: redis.Redis, tmp_path: Path
) -> None:
    """No ring tells the bridge that a queue has room again."""
    for _ in range(6 * WINDOW):
        insert_job(sql)
    sql.execute("UPDATE extraction_queue SET doubted_key = request_key")  # what is judged rings
    taken: set[str] = set()
    longest = 0

    def take() -> bool:
        nonlocal longest
        longest = max(longest, broker.llen("index"))
        while broker.llen("index"):
            taken.add(popped(broker)["headers"]["argsrepr"])
        return len(taken) == 6 * WINDOW

    with served(database_url, redis_url, tmp_path):
        eventually(take, "every row is sent", seconds=30)  # half of the time to the next sweep

    assert longest <= WINDOW


def test_pass_notes_which_rows_will_probably_be_refused_after_it_has_sent_them(
    sql: psycopg.Connection, bridge: Bridge
) -> None:
    bad = insert_job(sql, circonscription_fonciere="Montreeaul", document_number="227")

    assert bridge.make_pass() == 1

    (found,) = sql.execute("SELECT id, doubt FROM extraction_queue_doubtful").fetchall()
    assert str(found[0]) == bad
    assert found[1].startswith('will probably be refused, because circonscription_fonciere "Montreeaul" is no')
    assert column(sql, bad, "dispatched_at") is not None


def test_after_an_outage_no_row_is_rescued_for_as_long_again(
    database_url: str,
    redis_url: str,
    tmp_path: Path,
    sql: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A living worker's pool may sleep on for that long before it connects again."""
    monkeypatch.setattr("tasks.bridge.BEATS_BEFORE_RESCUE", 0)
    monkeypatch.setattr("tasks.bridge.RECONNECT_SECONDS", 0.2)
    assert Database.__init__.__kwdefaults__ is not None
    monkeypatch.setitem(Database.__init__.__kwdefaults__, "wait_seconds", 1.0)
    with Proxies() as proxies, Celery(broker=redis_url, set_as_current=False) as app:
        port = int(conninfo_to_dict(database_url)["port"] or 5432)
        line = proxies.add(port)
        url = database_url.replace(f":{port}/", f":{line.port}/")
        bridge = Bridge(app, settings_for(url, redis_url, tmp_path).model_copy(update={"sweep_seconds": 0.2}))
        serving = threading.Thread(target=bridge.serve)
        serving.start()
        try:
            job_id = insert_job(sql)
            eventually(lambda: column(sql, job_id, "dispatched_at") is not None, "the bridge serves")
            line.refuse()
            parted_at = time.monotonic()
            eventually(lambda: time.monotonic() - parted_at >= OUTAGE_SECONDS, "the outage lasts")
            assert "Postgres: " in caplog.text
            sql.execute(
                "UPDATE extraction_queue SET status = 'En traitement', lease_expires_at = now() - interval '1 s'"
                " WHERE id = %s",
                [job_id],
            )
            line.heal()
            back_at = time.monotonic()
            eventually(lambda: column(sql, job_id, "status") == "En attente", "the row is rescued")
            rescued_at = time.monotonic()
        finally:
            bridge.stop()
            serving.join()
            bridge.close()
    assert rescued_at - back_at >= back_at - parted_at


@pytest.mark.parametrize("is_stopped", [True, False])
def test_receiver_of_webhooks_that_hangs_holds_up_no_message_and_no_stop(
    is_stopped: bool,
    sql: psycopg.Connection,
    database_url: str,
    redis_url: str,
    broker: redis.Redis,
    tmp_path: Path,
) -> None:
    silence = threading.Event()
    with (
        listening(WebhookReceiver(0, [after(silence)])) as receiver,
        Celery(broker=redis_url, set_as_current=False) as app,
    ):
        settings = settings_for(database_url, redis_url, tmp_path).model_copy(
            update={"webhook_url": SecretStr(receiver.url), "webhook_secret": SecretStr(SECRET), "sweep_seconds": 0.2}
        )
        bridge = Bridge(app, settings)
        thread = threading.Thread(target=bridge.serve, name="bridge")
        thread.start()
        eventually(lambda: is_wanted(sql), "the bridge has a receiver")
        sql.execute("UPDATE extraction_queue SET status = 'Erreur' WHERE id = %s", [insert_job(sql)])
        eventually(lambda: len(receiver.calls) == 1, "the receiver hangs")

        insert_job(sql, document_source="plan_cadastraux")

        eventually(lambda: broker.llen("plan_cadastraux") == 1, "the row is sent")
        if not is_stopped:
            silence.set()
            eventually(lambda: len(receiver.calls) > 0 and not deliveries(sql), "the event is taken")
        bridge.stop()
        thread.join()
        bridge.close()
        silence.set()

    assert deliveries(sql) == ([(None,)] if is_stopped else [])


@contextmanager
def served(database_url: str, redis_url: str, directory: Path) -> Iterator[None]:
    """A bridge that serves and sweeps only once a minute."""
    settings = settings_for(database_url, redis_url, directory).model_copy(update={"sweep_seconds": 60})
    with Celery(broker=redis_url, set_as_current=False) as app:
        bridge = Bridge(app, settings)
        thread = threading.Thread(target=bridge.serve)
        thread.start()
        try:
            yield
        finally:
            bridge.stop()
            thread.join()
            bridge.close()


def is_shown(sql: psycopg.Connection) -> bool:
    """At the end of a pass, and not before, the bridge shows what it sent."""
    return sql.execute("SELECT FROM bridge_status WHERE messages_sent > 0").rowcount == 1


def is_wanted(sql: psycopg.Connection) -> bool:
    return sql.execute("SELECT wanted_until > now() FROM event_control").fetchall() == [(True,)]


def deliveries(sql: psycopg.Connection) -> list[tuple[object]]:
    return sql.execute("SELECT lease_id FROM webhook_deliveries").fetchall()


def test_sums_that_cannot_be_tended_are_left_alone_for_a_while(
    bridge: Bridge, sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[None] = []

    def fail() -> None:
        tried.append(None)
        raise psycopg.errors.QueryCanceled("it takes minutes")

    monkeypatch.setattr(bridge._counts, "tend", fail)
    with pytest.raises(psycopg.errors.QueryCanceled):
        bridge.make_pass()
    insert_job(sql)

    assert bridge.make_pass() == 1  # a pass to its end
    assert len(tried) == 1
