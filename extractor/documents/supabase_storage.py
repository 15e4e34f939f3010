"""Supabase Storage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from storage3.exceptions import StorageApiError
from supabase import Client, ClientOptions, create_client

from extractor.documents.buckets import BUCKETS, MIME_TYPE
from extractor.errors import ConfigurationError, StorageError

# A 5 MB plan over a slow office line takes longer than the few seconds that httpx allows.
UPLOAD_SECONDS = 60.0


class SupabaseStorage:
    """Supabase Storage through the `supabase` package, with a service key of either kind."""

    def __init__(self, url: str, service_key: str, *, timeout_seconds: float = UPLOAD_SECONDS) -> None:
        self._http = httpx.Client(timeout=timeout_seconds)
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
        """Harmless when there is no such object: storage then answers with an empty list."""
        try:
            self._client.storage.from_(bucket).remove([name])
        except (StorageApiError, httpx.HTTPError) as error:
            raise StorageError(f"Deleting {bucket}/{name} failed: {error}") from error

    def link(self, bucket: str, name: str, seconds: int) -> str | None:
        """A URL that storage signs, which looks whether the object is there; the document does not pass through us."""
        try:
            return self._client.storage.from_(bucket).create_signed_url(name, seconds)["signedURL"]
        except StorageApiError as error:
            # HTTP says 400 for nearly everything; the body has the status that is meant.
            if str(error.status) == "404":
                return None
            raise StorageError(f"Storage signed no link for {bucket}/{name}: {error.message}.") from error
        except httpx.HTTPError as error:
            raise StorageError(f"Supabase Storage cannot be reached: {error}.") from error

    def close(self) -> None:
        """Close the HTTP connections; later calls raise RuntimeError."""
        self._http.close()

    def _create(self, bucket: str) -> None:
        try:
            self._client.storage.create_bucket(bucket, options={"public": False, "allowed_mime_types": [MIME_TYPE]})
        except StorageApiError as error:
            if str(error.status) != "409":  # another process created it meanwhile
                raise


@contextmanager
def _administration() -> Iterator[None]:
    """Whatever is refused about buckets is the key's fault: a bad key is answered with 403."""
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
