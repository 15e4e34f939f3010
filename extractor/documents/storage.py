"""Where documents end: Supabase Storage, or a directory for development. Both keep three buckets."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from uuid import uuid4

import httpx
from storage3.exceptions import StorageApiError
from supabase import Client, ClientOptions, create_client

from extractor.errors import ConfigurationError, StorageError
from extractor.models import Job, Source
from extractor.settings import Settings

BUCKETS = {Source.ACTE: "actes", Source.INDEX: "index", Source.PLAN_CADASTRAUX: "plans-cadastraux"}
MIME_TYPE = "application/pdf"

# A 5 MB plan over a slow office line takes longer than the few seconds that httpx allows.
UPLOAD_TIMEOUT_SECONDS = 60
# A path component over 255 bytes is a server error at Supabase; two names, a number and a date fit below.
_MAX_NAME_CHARACTERS = 80
_PROBE = b"%PDF-1.4 registre-extractor"


def object_name(job: Job) -> str:
    """The object's name in its bucket: ASCII, and a function of the row alone: a repeated upload is the same object.

    `{number}-{circonscription}[-{cadastre}]-{timestamp}-{first 8 of the row's id}.pdf`: rows of one INSERT share
    their timestamp, and two of them may ask for two documents with one number.
    """
    places = [job.circonscription] if job.source is Source.ACTE else [job.circonscription, job.cadastre]
    timestamp = job.created_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    names = [job.document_number_normalized, *filter(None, places), timestamp, job.id.hex[:8]]
    return "-".join(filter(None, map(_ascii, names))) + ".pdf"


def _ascii(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "Oe"))
    plain = letters.encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:_MAX_NAME_CHARACTERS]


class DocumentStore(Protocol):
    """What the extraction needs of storage; every method raises StorageError when storage is at fault."""

    def buckets(self) -> dict[str, bool]:
        """Which of our buckets exist, and whether each is public; raises ConfigurationError when the key cannot."""

    def prepare(self) -> None:
        """Create the missing buckets, private; raises ConfigurationError when the key cannot."""

    def make_private(self, bucket: str) -> None:
        """Close a public bucket to those who have no key; its other settings stay."""

    def upload(self, bucket: str, name: str, path: Path) -> None:
        """Store a file; storing it again is the same object."""

    def download(self, bucket: str, name: str) -> bytes | None:
        """The object's bytes, or None when there is surely no such object."""

    def delete(self, bucket: str, name: str) -> None:
        """Remove an object; harmless when there is none."""

    def close(self) -> None:
        """Return the connections."""


class LocalStorage:
    """A directory with a folder a bucket: for the demo, the tests and development."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def buckets(self) -> dict[str, bool]:
        """The folders that exist; no web server knows of them."""
        return {bucket: False for bucket in BUCKETS.values() if (self._directory / bucket).is_dir()}

    def prepare(self) -> None:
        """Create the folders."""
        try:
            for bucket in BUCKETS.values():
                (self._directory / bucket).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"STORAGE_DIR cannot be used: {error}") from error

    def make_private(self, bucket: str) -> None:
        """Nothing to do: a folder is never public."""

    def upload(self, bucket: str, name: str, path: Path) -> None:
        """Copy the file beside its place, then rename it into place."""
        target = self._directory / bucket / name
        partial = target.with_name(name + ".part")
        try:
            with partial.open("wb") as file:
                file.write(path.read_bytes())
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        except OSError as error:
            raise StorageError(f"Storing {bucket}/{name} failed: {error}") from error

    def download(self, bucket: str, name: str) -> bytes | None:
        """Read the file."""
        try:
            return (self._directory / bucket / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"Reading {bucket}/{name} failed: {error}") from error

    def delete(self, bucket: str, name: str) -> None:
        """Remove the file."""
        try:
            (self._directory / bucket / name).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"Deleting {bucket}/{name} failed: {error}") from error

    def close(self) -> None:
        """Nothing is open."""


class SupabaseStorage:
    """Supabase Storage through the `supabase` package, with a service key of either kind."""

    def __init__(self, url: str, service_key: str) -> None:
        self._http = httpx.Client(timeout=UPLOAD_TIMEOUT_SECONDS)
        self._client: Client = create_client(url, service_key, ClientOptions(httpx_client=self._http))

    def buckets(self) -> dict[str, bool]:
        """Those of our buckets that the project has."""
        with _administration():
            found = {bucket.id: bucket.public for bucket in self._client.storage.list_buckets()}
        return {bucket: found[bucket] for bucket in BUCKETS.values() if bucket in found}

    def prepare(self) -> None:
        """Create the missing buckets, private and for PDFs only.

        Without a size limit of their own: Supabase refuses one above the project's, which may be 50 MB, and a smaller
        one could hold back a paid document.
        """
        existing = self.buckets()
        for bucket in BUCKETS.values():
            if bucket not in existing:
                with _administration():
                    self._create(bucket)

    def make_private(self, bucket: str) -> None:
        """Change this one setting."""
        with _administration():
            self._client.storage.update_bucket(bucket, {"public": False})

    def upload(self, bucket: str, name: str, path: Path) -> None:
        """Upload with upsert: the name is this row's alone, so what it replaces is the same document."""
        try:
            self._client.storage.from_(bucket).upload(name, path, {"content-type": MIME_TYPE, "upsert": "true"})
        except (StorageApiError, httpx.HTTPError) as error:
            raise StorageError(f"Uploading {bucket}/{name} failed: {error}") from error

    def download(self, bucket: str, name: str) -> bytes | None:
        """Ask for the object's info first: a download's 404 alone may also mean a wrong key."""
        files = self._client.storage.from_(bucket)
        try:
            return files.download(name) if files.exists(name) else None
        except (StorageApiError, httpx.HTTPError) as error:
            raise StorageError(f"Reading {bucket}/{name} failed: {error}") from error

    def delete(self, bucket: str, name: str) -> None:
        """Remove the object; the answer to one that is not there is an empty list."""
        try:
            self._client.storage.from_(bucket).remove([name])
        except (StorageApiError, httpx.HTTPError) as error:
            raise StorageError(f"Deleting {bucket}/{name} failed: {error}") from error

    def close(self) -> None:
        """Close the HTTP connections."""
        self._http.close()

    def _create(self, bucket: str) -> None:
        try:
            self._client.storage.create_bucket(bucket, options={"public": False, "allowed_mime_types": [MIME_TYPE]})
        except StorageApiError as error:
            if str(error.status) != "409":  # another process created it meanwhile
                raise


@contextmanager
def _administration() -> Iterator[None]:
    """Whatever is refused about buckets is the key's fault; see PARTS: 403 = bad key."""
    try:
        yield
    except StorageApiError as error:
        if str(error.status).startswith("5"):
            raise StorageError(f"Supabase Storage is in trouble: {error.message}") from error
        raise ConfigurationError(
            f"Supabase Storage refused SUPABASE_SERVICE_KEY: {error.message}. Use a service_role or sb_secret_ key."
        ) from error
    except httpx.HTTPError as error:
        raise StorageError(f"Supabase Storage cannot be reached: {error}") from error


def prove(store: DocumentStore) -> None:
    """Write, read and delete an object in each bucket; raises StorageError, or ConfigurationError for a bad key."""
    store.prepare()
    with TemporaryDirectory() as directory:
        probe = Path(directory, f"probe-{uuid4().hex}.pdf")
        probe.write_bytes(_PROBE)
        for bucket in BUCKETS.values():
            _prove_bucket(store, bucket, probe)


def _prove_bucket(store: DocumentStore, bucket: str, probe: Path) -> None:
    store.upload(bucket, probe.name, probe)
    try:
        if store.download(bucket, probe.name) != _PROBE:
            raise StorageError(f"{bucket}/{probe.name} came back as other bytes")
    finally:
        store.delete(bucket, probe.name)
    if store.download(bucket, probe.name) is not None:
        raise StorageError(f"{bucket}/{probe.name} is still there after it was deleted")


def open_store(settings: Settings) -> DocumentStore:
    """The store that the settings name."""
    if settings.storage_dir is not None:
        return LocalStorage(settings.storage_dir)
    assert settings.supabase_url is not None
    assert settings.supabase_service_key is not None
    return SupabaseStorage(settings.supabase_url, settings.supabase_service_key.get_secret_value())
