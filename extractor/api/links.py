"""Links under which a document can be fetched for a while without a key: storage's own, or ours."""

from __future__ import annotations

import hmac
import secrets
import time
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlencode

import httpx

from extractor.documents.storage import BUCKETS
from extractor.errors import StorageError
from extractor.settings import Settings

# Where our own links lead.
PREFIX = "/api/documents"
# A person waits; an upload may take longer, signing does not.
SIGN_TIMEOUT_SECONDS = 10


class Links(Protocol):
    """What the API needs of storage."""

    def sign(self, bucket: str, name: str, seconds: int) -> str | None:
        """A link for so long, or None when storage has no such object; raises StorageError."""

    def close(self) -> None:
        """Return the connections."""


class SupabaseLinks:
    """Signed URLs of Supabase Storage: the document does not pass through us."""

    def __init__(self, url: str, service_key: str) -> None:
        from supabase import ClientOptions, create_client

        self._http = httpx.Client(timeout=SIGN_TIMEOUT_SECONDS)
        self._storage = create_client(url, service_key, ClientOptions(httpx_client=self._http)).storage

    def sign(self, bucket: str, name: str, seconds: int) -> str | None:
        """Ask storage for one; it looks whether the object is there."""
        from storage3.exceptions import StorageApiError

        try:
            return self._storage.from_(bucket).create_signed_url(name, seconds)["signedURL"]
        except StorageApiError as error:
            # HTTP says 400 for nearly everything; the body has the status that is meant.
            if str(error.status) == "404":
                return None
            raise StorageError(f"Storage signed no link for {bucket}/{name}: {error.message}.") from error
        except httpx.HTTPError as error:
            raise StorageError(f"Supabase Storage cannot be reached: {error}.") from error

    def close(self) -> None:
        """Close the HTTP connections."""
        self._http.close()


class OwnLinks:
    """Links to this API for a STORAGE_DIR: bucket, name and end are signed, so that nothing else can be asked for."""

    def __init__(self, directory: Path, secret: bytes) -> None:
        self._directory = directory
        self._secret = secret

    def sign(self, bucket: str, name: str, seconds: int) -> str | None:
        """A path of this API with its query."""
        if self._file(bucket, name) is None:
            return None
        expires = int(time.time()) + seconds
        query = urlencode({"expires": expires, "signature": self._signature(bucket, name, expires)})
        return f"{PREFIX}/{bucket}/{quote(name)}?{query}"

    def find(self, bucket: str, name: str, expires: int, signature: str) -> Path | None:
        """The file of a link that we signed, or None when its time is over or it is not ours."""
        is_ours = hmac.compare_digest(signature.encode(), self._signature(bucket, name, expires).encode())
        return self._file(bucket, name) if is_ours and expires > time.time() else None

    def close(self) -> None:
        """Nothing is open."""

    def _signature(self, bucket: str, name: str, expires: int) -> str:
        return hmac.new(self._secret, f"{bucket}/{name}\n{expires}".encode(), "sha256").hexdigest()

    def _file(self, bucket: str, name: str) -> Path | None:
        """The path comes from a column that people may write: it must not lead out of its bucket."""
        folder = (self._directory / bucket).resolve()
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder) and path.is_file() else None


def split_path(supabase_path: str) -> tuple[str, str] | None:
    """`bucket/name`, or None when that is none of our buckets."""
    bucket, _, name = supabase_path.partition("/")
    return (bucket, name) if bucket in BUCKETS.values() and name else None


def open_links(settings: Settings) -> Links:
    """The links of the store that the settings name."""
    if settings.storage_dir is not None:
        return OwnLinks(settings.storage_dir, _secret(settings))
    assert settings.supabase_url is not None
    assert settings.supabase_service_key is not None
    return SupabaseLinks(settings.supabase_url, settings.supabase_service_key.get_secret_value())


def _secret(settings: Settings) -> bytes:
    """Equal for all who share the API key; without one, links end with the process."""
    if settings.api_key is None:
        return secrets.token_bytes(32)
    return hmac.digest(settings.api_key.get_secret_value().encode(), b"document links", "sha256")
