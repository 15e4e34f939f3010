"""Where documents end: Supabase Storage, or a directory for development. Both keep three buckets."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from uuid import uuid4

from extractor.documents.buckets import BUCKETS, LARGEST_SEEN_BYTES, BucketLimits
from extractor.documents.local_storage import LocalStorage
from extractor.errors import StorageError
from extractor.language.sentences import Sentence
from extractor.settings import Settings

# A 5 MB plan over a slow office line takes longer than the few seconds that httpx allows.
UPLOAD_SECONDS = 60.0
_PROBE = b"%PDF-1.4 registre-extractor"


class DocumentStore(Protocol):
    """What the system needs of storage; every method raises StorageError when storage is at fault."""

    def buckets(self) -> dict[str, bool]:
        """Which of our buckets exist, and whether each is public; raises ConfigurationError when the key cannot."""

    def limits(self) -> dict[str, BucketLimits]:
        """What each of our buckets that exist refuses; raises as `buckets` does."""

    def prepare(self) -> None:
        """Create the missing buckets, private; raises ConfigurationError when the key cannot."""

    def make_private(self, bucket: str) -> None:
        """Close a public bucket to those who have no key; its other settings stay."""

    def upload(self, bucket: str, name: str, path: Path, *, replace: bool = False) -> None:
        """Store a file; an object that is there is only overwritten with `replace`."""

    def download(self, bucket: str, name: str) -> bytes | None:
        """The object's bytes, or None when there is surely no such object."""

    def delete(self, bucket: str, name: str) -> None:
        """Remove an object; harmless when there is none."""

    def link(self, bucket: str, name: str, seconds: int) -> str | None:
        """A link under which whoever has it reads the object for that long; None when there is no such object."""

    def close(self) -> None:
        """Return the connections."""


def prove(store: DocumentStore) -> None:
    """Write, read and delete an object in each bucket; raises StorageError, or ConfigurationError for a bad key.

    Raises StorageError too for a bucket whose own limits refuse documents: what is bought could not be stored. The
    limit of the project is told by no call; `prove_size` meets it.
    """
    store.prepare()
    for bucket, limits in store.limits().items():
        if refusal := limits.refusal(bucket):
            raise StorageError(refusal)
    for bucket in BUCKETS.values():
        _prove_bucket(store, bucket, _PROBE)


def prove_size(store: DocumentStore) -> None:
    """Write, read and delete an object as large as a large document; raises StorageError.

    Into one bucket: the others say their own limits, and what stands before them (the project, a gateway whose limit
    is 1 MB, as nginx has it) is the same for all. Not at a worker's start: each process would send 5 MB.
    """
    _prove_bucket(store, next(iter(BUCKETS.values())), _PROBE.ljust(LARGEST_SEEN_BYTES))


def _prove_bucket(store: DocumentStore, bucket: str, content: bytes) -> None:
    with TemporaryDirectory() as directory:
        probe = Path(directory, f"probe-{uuid4().hex}.pdf")
        probe.write_bytes(content)
        store.upload(bucket, probe.name, probe)
    try:
        if store.download(bucket, probe.name) != content:
            raise StorageError(Sentence("{bucket}/{name} came back as other bytes.", bucket=bucket, name=probe.name))
    finally:
        store.delete(bucket, probe.name)
    if store.download(bucket, probe.name) is not None:
        raise StorageError(
            Sentence("{bucket}/{name} is still there after it was deleted.", bucket=bucket, name=probe.name)
        )


def open_store(settings: Settings, *, timeout_seconds: float = UPLOAD_SECONDS) -> DocumentStore:
    """The store that the settings name; `timeout_seconds` bounds each answer of Supabase, API_KEY signs local links.

    Raises ConfigurationError, before any request, for an address or a key that cannot be right.
    """
    if settings.storage_dir is not None:
        api_key = settings.api_key.get_secret_value() if settings.api_key else None
        return LocalStorage(settings.storage_dir, link_key=api_key)
    # Its client is the slowest import of all, and a directory needs none of it.
    from extractor.documents.supabase_storage import SupabaseStorage  # noqa: PLC0415

    assert settings.supabase_url is not None
    assert settings.supabase_service_key is not None
    key = settings.supabase_service_key.get_secret_value()
    return SupabaseStorage(settings.supabase_url, key, timeout_seconds=timeout_seconds)
