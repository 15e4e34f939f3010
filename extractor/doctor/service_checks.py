"""The checks of the broker and of storage."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

import redis

from extractor.broker.deployment import refuse_other
from extractor.broker.server import connect_once, examine
from extractor.doctor.check import Remedies, Verdict, first_sentence, ok, problem, warning
from extractor.documents.buckets import BUCKETS, BucketLimits, in_megabytes
from extractor.documents.storage import open_store, prove, prove_size
from extractor.environment import UP_HAS_ENDED, comes_from_up
from extractor.errors import ConfigurationError, StorageError
from extractor.postgres.deployment import deployment_of
from extractor.registry.file_transfer import MAX_BYTES
from extractor.settings import Settings


def _about_broker(error: Exception, _: Settings) -> str:
    if isinstance(error, redis.ConnectionError) and comes_from_up("REDIS_URL"):
        return UP_HAS_ENDED
    return f"{first_sentence(error)} Correct REDIS_URL, or start the server."


BROKER_REMEDIES: Remedies = {ConfigurationError: "", redis.RedisError: _about_broker}
STORAGE_REMEDIES: Remedies = {
    ConfigurationError: "",
    StorageError: "",
    OSError: "Name a directory in STORAGE_DIR that this user can write to.",
}


def examine_broker(settings: Settings) -> Verdict:
    """Answers, can carry queues, and never drops a message; it may refuse to say whether it does."""
    with connect_once(settings.broker) as client:
        server = examine(client, settings.broker)
    if not settings.broker.is_verified:
        return warning(
            "REDIS_URL believes every certificate: whoever stands between can read the password, and take and send"
            " messages. Leave out ssl_cert_reqs and ssl_check_hostname, and name your own authority with"
            " ?ssl_ca_certs=/path/ca.pem."
        )
    if server.may_evict:
        return warning(
            f"maxmemory-policy is {server.policy}, which drops messages as soon as maxmemory has a limit:"
            " CONFIG SET maxmemory-policy noeviction."
        )
    return ok(f"answers; maxmemory-policy is {server.policy}.")


def examine_deployment(settings: Settings) -> Verdict:
    """The broker carries the messages of this database, or none yet."""
    own = deployment_of(settings.database_url.get_secret_value())
    with connect_once(settings.broker) as client:
        refuse_other(client, own, settings.broker)
    return ok(f"the broker carries the messages of {own.place} alone.")


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
