"""The checks of the broker and of storage."""

from __future__ import annotations

from contextlib import closing

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from supabase import SupabaseException

from extractor.doctor.check import Remedies, Verdict, ok, problem, warning
from extractor.documents.buckets import BUCKETS
from extractor.documents.storage import open_store, prove
from extractor.errors import ConfigurationError, StorageError
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
    SupabaseException: "Correct SUPABASE_URL: https://PROJECT.supabase.co.",
    StorageError: "Check that STORAGE_DIR can be written to, or SUPABASE_URL and the Storage page of that project.",
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
    """Each bucket is there, takes, returns and deletes an object, and is private."""
    with closing(open_store(settings)) as store:
        existing = store.buckets()
        missing = [bucket for bucket in BUCKETS.values() if bucket not in existing]
        if missing:
            return problem(f"Run `extractor setup`: no {', '.join(missing)}.")
        prove(store)
    proof = f"wrote, read and deleted in {', '.join(BUCKETS.values())}."
    public = [bucket for bucket, is_public in existing.items() if is_public]
    return warning(f"{proof} {about_public(public)}") if public else ok(proof)


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
