"""Whether a server can carry Celery's queues; what it cannot be is refused in a sentence, before anything uses it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError
from redis.retry import Retry

from extractor.broker.address import RedisAddress
from extractor.broker.strangers import who_answers
from extractor.errors import ConfigurationError

# Seconds for one answer.
TIMEOUT_SECONDS = 5.0
# kombu reads `ZRANGE … BYSCORE REV` and writes `ZADD … GT`; Redis has both since 6.2.
OLDEST_VERSION = (6, 2)


@dataclass(frozen=True)
class Server:
    """What a usable broker says of itself."""

    policy: str
    """`maxmemory-policy`; `unknown` where the server does not say."""
    may_evict: bool
    """Whether it would drop messages if somebody gave its memory a limit."""


def connect(address: RedisAddress, **options: Any) -> redis.Redis:
    """A client that reads text and waits for no answer for long; it connects at its first command."""
    return redis.Redis.from_url(
        address.url,
        **address.tls,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        decode_responses=True,
        **options,
    )


def connect_once(address: RedisAddress) -> redis.Redis:
    """A client that tries each command once."""
    return connect(address, retry=Retry(NoBackoff(), 0))


def examine(client: redis.Redis, address: RedisAddress) -> Server:
    """Ask the server what it is.

    Raises ConfigurationError when no waiting helps, and another redis.RedisError when it is away or still starts.
    """
    try:
        facts = client.info()
    except NoPermissionError:
        facts = {}  # it answers, and says nothing about itself
    except redis.RedisError as error:
        refusal = _refusal(error, address)
        if refusal is None:
            raise
        raise ConfigurationError(refusal) from error
    sentence = _unfit(facts)
    if sentence:
        raise ConfigurationError(sentence)
    policy = str(facts.get("maxmemory_policy", "unknown"))
    return Server(policy, may_evict=_evicts(facts))


def _evicts(facts: Mapping[str, Any]) -> bool:
    return str(facts.get("maxmemory_policy", "noeviction")) != "noeviction"


def _unfit(facts: Mapping[str, Any]) -> str | None:
    """Why this server cannot carry the queues; None when it can. `facts` are those of INFO."""
    version = str(facts.get("redis_version", "6.2"))  # of Valkey, the Redis that it is compatible with
    if "sentinel" in (facts.get("redis_mode"), facts.get("server_mode")):
        return (
            "REDIS_URL names a Sentinel, which keeps no messages: no row would be sent."
            " Name the Redis server that it watches."
        )
    if facts.get("cluster_enabled"):
        return (
            "REDIS_URL names a Redis Cluster, on which Celery's queues do not work: no row would be sent."
            " Use a Redis without cluster mode."
        )
    if facts.get("role") == "slave":
        primary = f"{facts.get('master_host')}:{facts.get('master_port')}"
        return (
            "REDIS_URL names a replica, which takes no messages: no row would be sent."
            f" Name its primary, which it says is {primary}."
        )
    if tuple(int(number) for number in version.split(".")[:2]) < OLDEST_VERSION:
        return _too_old(version)
    if _evicts(facts) and facts.get("maxmemory", 1):
        return (
            f"The broker drops messages when its memory is full (maxmemory-policy is {facts['maxmemory_policy']}):"
            " rows would wait longer, and nothing would say why. Set maxmemory-policy to noeviction, on a managed"
            " service in its settings."
        )
    return None


def _refusal(error: redis.RedisError, address: RedisAddress) -> str | None:
    """What is wrong for good behind an error; None when the server may only be away."""
    certificate = _certificate_error(error)
    if certificate is not None:
        reason = certificate.verify_message.rstrip(".")
        return (
            f"The certificate of the broker proves nothing: {reason}. Nothing was sent to it, not even the password."
            " Name the host as the certificate does, renew the certificate, or name your own authority in REDIS_URL:"
            " ?ssl_ca_certs=/path/ca.pem."
        )
    if isinstance(error, redis.AuthenticationError):
        return (
            f"The broker at {address.place} refuses the user or the password of REDIS_URL, or wants one:"
            " no row would be sent. Correct it there: redis://USER:PASSWORD@HOST:PORT/0, most often without a user."
        )
    if isinstance(error, redis.ResponseError):  # so it is a Redis
        return _told(str(error), address)
    stranger = None if isinstance(error, redis.BusyLoadingError) else who_answers(address)
    return stranger and f"{stranger} No row would be sent. Correct REDIS_URL."


def _told(answer: str, address: RedisAddress) -> str | None:
    """What an error that Redis itself answered means for good."""
    if "DB index" in answer:
        return (
            f"The broker has no database {address.database}: no row would be sent."
            " Write a smaller number at the end of REDIS_URL, most often 0."
        )
    if "unknown command" in answer and "HELLO" in answer:
        return _too_old("older than 6")
    return None


def _too_old(version: str) -> str:
    return (
        f"The broker is Redis {version}, and Celery's queues need 6.2: no row would be sent."
        " Use a newer Redis, or Valkey."
    )


def _certificate_error(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """What was wrong with the certificate, among the errors that led to this one."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error
