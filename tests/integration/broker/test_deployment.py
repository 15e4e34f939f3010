"""Two deployments on one database of the broker: the second one is refused, and takes no message of the first."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from types import FrameType

import psycopg
import pytest
import redis

from extractor.broker.deployment import HELD_SECONDS, KEY
from extractor.errors import ConfigurationError
from extractor.local.postgres import EmbeddedPostgres
from extractor.postgres.deployment import BrokerReservation, deployment_of, require_own_broker
from extractor.settings import load_settings
from tasks.reservation import ReservationWatch
from tests.conftest import TEMPLATE
from tests.integration.broker.conftest import NOWHERE, celery
from tests.support.databases import fresh_database
from tests.support.doctor import findings

WithBroker = Callable[..., None]


@pytest.fixture
def other_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The database of another deployment, made by a dump of the same one: all its rows are the same."""
    yield from fresh_database(postgres, TEMPLATE)


@pytest.fixture
def broker(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def refused(with_broker: WithBroker, redis_url: str, database_url: str, other_url: str) -> str:
    """Make the broker the first one's, then set the variables of the other; the sentence for it."""
    with_broker(redis_url, DATABASE_URL=database_url)
    BrokerReservation(load_settings()).renew()
    with_broker(redis_url, DATABASE_URL=other_url)
    with pytest.raises(ConfigurationError) as refusal:
        BrokerReservation(load_settings()).renew()
    return str(refusal.value)


@pytest.mark.supported("another deployment on the same database of the broker")
@pytest.mark.parametrize("command", ["worker", "bridge", "flower"])
def test_command_is_refused_and_takes_nothing(refused: str, broker: redis.Redis, command: str) -> None:
    broker.rpush("index", "a message of the first")

    done = celery(command)

    assert done.returncode == 2
    assert done.stderr.splitlines() == [f"{command}: {refused}"]
    assert broker.lrange("index", 0, -1) == ["a message of the first"]


def test_sentence_names_both_databases_and_no_password(
    refused: str, database_url: str, other_url: str, redis_url: str
) -> None:
    for url in (database_url, other_url):
        assert f"the database {url.rpartition('/')[2].partition('?')[0]} at 127.0.0.1:" in refused
    with psycopg.connect(database_url) as connection:
        assert connection.info.password not in refused
    assert redis_url not in refused


def test_doctor_says_it(refused: str) -> None:
    assert findings()["deployment"].text == refused


def test_other_number_of_the_database_is_another_broker(
    refused: str, with_broker: WithBroker, redis_url: str, other_url: str
) -> None:
    assert refused
    with_broker(redis_url.removesuffix("/0") + "/1", DATABASE_URL=other_url)

    BrokerReservation(load_settings()).renew()
    require_own_broker(load_settings())
    assert findings()["deployment"].text.endswith(" alone.")


def test_every_process_of_one_deployment_may_run(
    with_broker: WithBroker, redis_url: str, database_url: str, broker: redis.Redis
) -> None:
    with_broker(redis_url, DATABASE_URL=database_url)
    BrokerReservation(load_settings()).renew()
    broker.expire(KEY, 1)

    BrokerReservation(load_settings()).renew()

    assert HELD_SECONDS - 1 <= int(str(broker.ttl(KEY))) <= HELD_SECONDS


def test_deployment_that_ended_holds_nothing(refused: str, broker: redis.Redis) -> None:
    assert refused
    broker.expire(KEY, 0)  # what Redis does by itself after HELD_SECONDS

    BrokerReservation(load_settings()).renew()


def test_look_reserves_nothing(with_broker: WithBroker, redis_url: str, database_url: str, broker: redis.Redis) -> None:
    with_broker(redis_url, DATABASE_URL=database_url)

    require_own_broker(load_settings())
    assert findings()["deployment"].text.endswith(" alone.")

    assert broker.exists(KEY) == 0


@pytest.mark.parametrize("broken", ["DATABASE_URL", "REDIS_URL"])
def test_nobody_is_refused_while_a_server_is_away(
    with_broker: WithBroker, redis_url: str, database_url: str, broken: str
) -> None:
    urls = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    urls[broken] = {"DATABASE_URL": NOWHERE, "REDIS_URL": "redis://127.0.0.1:1/0"}[broken]
    with_broker(urls.pop("REDIS_URL"), **urls)

    require_own_broker(load_settings())
    assert ReservationWatch(load_settings()).renew()


def test_running_worker_stops_when_the_broker_is_anothers(refused: str, caplog: pytest.LogCaptureFixture) -> None:
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    before = signal.signal(signal.SIGTERM, note)
    try:
        assert not ReservationWatch(load_settings()).renew()
    finally:
        signal.signal(signal.SIGTERM, before)

    assert asked == [signal.SIGTERM]
    assert refused in caplog.text


def test_worker_role_may_ask(database_url: str) -> None:
    as_worker = f"{database_url}{'&' if '?' in database_url else '?'}options=-crole%3Dextractor_worker"

    assert deployment_of(as_worker).id == deployment_of(database_url).id


def test_copy_of_the_tables_is_another_deployment(database_url: str, other_url: str) -> None:
    assert deployment_of(database_url).id == deployment_of(database_url).id != deployment_of(other_url).id
