"""Supabase Storage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from storage3 import SyncStorageClient
from storage3.exceptions import StorageApiError
from storage3.types import FileOptions

from extractor.documents.buckets import BUCKETS, MIME_TYPE, BucketLimits
from extractor.documents.storage import UPLOAD_SECONDS
from extractor.documents.storage_answers import FAILURES, blames_key, check_answer, explain, says_absent
from extractor.documents.supabase_access import check_access
from extractor.errors import ConfigurationError, StorageError
from extractor.language.sentences import Sentence


class SupabaseStorage:
    """Supabase Storage with a service key of either kind, through `storage3`, which the `supabase` package has for it.

    The package itself loads its parts for logins, tables and Realtime too: 15 MB, and a tenth of the time of a start.

    Raises ConfigurationError for an address or a key that cannot be right, and for a bad proxy or certificate file.
    """

    def __init__(self, url: str, service_key: str, *, timeout_seconds: float = UPLOAD_SECONDS) -> None:
        check_access(url, service_key)
        self._http = _http_client(timeout_seconds)
        headers = {"apiKey": service_key, "Authorization": f"Bearer {service_key}"}  # as `supabase` sends it
        self._storage = SyncStorageClient(f"{url.rstrip('/')}/storage/v1/", headers, http_client=self._http)

    def buckets(self) -> dict[str, bool]:
        """Those of our buckets that the project has."""
        with _administration():
            found = {bucket.id: bucket.public for bucket in self._storage.list_buckets()}
        return {bucket: found[bucket] for bucket in BUCKETS.values() if bucket in found}

    def limits(self) -> dict[str, BucketLimits]:
        """What the buckets themselves refuse; no call tells the limit of the project."""
        with _administration():
            found = self._storage.list_buckets()
        return {
            bucket.id: BucketLimits(bucket.file_size_limit, tuple(bucket.allowed_mime_types or ()))
            for bucket in found
            if bucket.id in BUCKETS.values()
        }

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
            self._storage.update_bucket(bucket, {"public": False})

    def upload(self, bucket: str, name: str, path: Path, *, replace: bool = False) -> None:
        """Upload; without `replace` an object that is there stays, unless both uploads begin at the same moment."""
        options: FileOptions = {"content-type": MIME_TYPE, "upsert": "true" if replace else "false"}
        with _telling(Sentence("Uploading {bucket}/{name}", bucket=bucket, name=name)):
            self._storage.from_(bucket).upload(name, path, options)

    def download(self, bucket: str, name: str) -> bytes | None:
        """Ask for the object's info first: a download's 404 alone may also mean a wrong key."""
        with _telling(Sentence("Reading {bucket}/{name}", bucket=bucket, name=name)):
            files = self._storage.from_(bucket)
            try:
                size = files.info(name)["size"]
            except StorageApiError as error:  # not `exists`, which takes a gateway's 404 for absence
                if says_absent(error):
                    return None
                raise
            data = files.download(name)
            if size is not None and len(data) != size:
                raise StorageError(Sentence("{count} bytes came of {size}.", count=len(data), size=size))
            return data

    def delete(self, bucket: str, name: str) -> None:
        """Harmless when there is no such object: storage then answers with an empty list."""
        with _telling(Sentence("Deleting {bucket}/{name}", bucket=bucket, name=name)):
            self._storage.from_(bucket).remove([name])

    def link(self, bucket: str, name: str, seconds: int) -> str | None:
        """A URL that storage signs, which looks whether the object is there; the document does not pass through us."""
        with _telling(Sentence("Signing a link for {bucket}/{name}", bucket=bucket, name=name)):
            try:
                return self._storage.from_(bucket).create_signed_url(name, seconds)["signedURL"]
            except StorageApiError as error:
                if says_absent(error):
                    return None
                raise

    def close(self) -> None:
        """Close the HTTP connections; later calls raise RuntimeError."""
        self._http.close()

    def _create(self, bucket: str) -> None:
        try:
            self._storage.create_bucket(bucket, options={"public": False, "allowed_mime_types": [MIME_TYPE]})
        except StorageApiError as error:
            if str(error.status) != "409":  # another process created it meanwhile
                raise


def _http_client(timeout_seconds: float) -> httpx.Client:
    """httpx reads HTTPS_PROXY and SSL_CERT_FILE at once, and says of neither that it is at fault."""
    try:
        return httpx.Client(timeout=timeout_seconds, event_hooks={"response": [check_answer]})
    except (ValueError, OSError, ImportError) as error:  # no URL, no file, and `socks://` without its package
        raise ConfigurationError(f"HTTPS_PROXY, ALL_PROXY or SSL_CERT_FILE cannot be used: {error}") from error


@contextmanager
def _telling(doing: Sentence) -> Iterator[None]:
    """While documents move, whatever fails is storage's fault: the row waits."""
    try:
        yield
    except FAILURES as error:
        raise StorageError(Sentence("{doing} failed: {said}", doing=doing, said=explain(error))) from error


@contextmanager
def _administration() -> Iterator[None]:
    """About buckets a refused key is a wrong setting: nothing works before a person corrects it."""
    try:
        yield
    except FAILURES as error:
        kind = ConfigurationError if blames_key(error) else StorageError
        raise kind(explain(error)) from error
