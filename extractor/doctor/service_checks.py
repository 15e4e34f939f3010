"""The checks of the broker and of storage."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from extractor.doctor.check import Remedies, Verdict, ok, problem, warning
from extractor.documents.buckets import BUCKETS, BucketLimits, in_megabytes
from extractor.documents.storage import open_store, prove, prove_size
from extractor.errors import ConfigurationError, StorageError
from extractor.registry.file_transfer import MAX_BYTES
from extractor.settings import Settings

# Seconds for one answer.
BROKER_TIMEOUT = 5.0

BROKER_REMEDIES: Remedies = {
    ConfigurationError: "",
    redis.AuthenticationError: "Correct the password in REDIS_URL.",
    redis.RedisError: "Correct REDIS_URL, or start the server.",
}
STORAGE_REMEDIES: Remedies = {
    ConfigurationError: "",
    StorageError: "",
    OSError: "Name a directory in STORAGE_DIR that this user can write to.",
}


def examine_broker(settings: Settings) -> Verdict:
    """Answers, and never evicts a queue; a managed server may refuse to say whether it does."""
    with _broker(settings.redis_url.get_secret_value()) as client:
        client.ping()
        try:
            policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "unknown")
        except redis.ResponseError:
            policy = "unknown"
    if policy not in ("noeviction", "unknown"):
        return warning(
            f"maxmemory-policy is {policy}, which may drop messages: CONFIG SET maxmemory-policy noeviction."
        )
    return ok(f"answers; maxmemory-policy is {policy}.")


def examine_storage(settings: Settings) -> Verdict:
    """Each bucket is there, takes, returns and deletes an object, one of them a large one, and is private."""
    with closing(open_store(settings)) as store:
        existing = store.buckets()
        missing = [bucket for bucket in BUCKETS.values() if bucket not in existing]
        if missing:
            return problem(f"Run `extractor setup`: no {', '.join(missing)}.")
        prove(store)
        prove_size(store)
        low = about_low_limits(store.limits())
    proof = f"wrote, read and deleted in {', '.join(BUCKETS.values())}."
    public = [bucket for bucket, is_public in existing.items() if is_public]
    warnings = [*([about_public(public)] if public else []), *low]
    return warning(" ".join([proof, *warnings])) if warnings else ok(proof)


def about_low_limits(limits: Mapping[str, BucketLimits]) -> list[str]:
    """A sentence for each bucket that takes usual documents, and not the largest that the registry may send."""
    bound = in_megabytes(MAX_BYTES)
    return [
        f"The bucket {bucket} takes files up to {in_megabytes(limit.max_bytes)} only, and a document may have {bound}:"
        " a larger one is bought and waits in the spool. Remove its file size limit (Storage, Edit bucket)."
        for bucket, limit in limits.items()
        if limit.max_bytes is not None and limit.max_bytes < MAX_BYTES
    ]


def about_public(buckets: list[str]) -> str:
    """What it means that these buckets are public, and what to do."""
    return (
        f"Public: {', '.join(buckets)}. Everybody who has a document's address can read it without a key: run"
        " `extractor setup --make-private`, and use signed links."
    )


def _broker(url: str) -> redis.Redis:
    """A client that asks once; raises ConfigurationError for a URL that it cannot read."""
    try:
        return redis.Redis.from_url(
            url,
            socket_timeout=BROKER_TIMEOUT,
            socket_connect_timeout=BROKER_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
    except ValueError as error:
        raise ConfigurationError(f"REDIS_URL cannot be read: {error}") from error
