"""A directory instead of Supabase Storage, with links of its own."""

from __future__ import annotations

import os
import secrets
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlencode

from itsdangerous import BadSignature, TimestampSigner

from extractor.documents.buckets import BUCKETS, BucketLimits
from extractor.errors import StorageError
from extractor.language.sentences import Sentence

# Where the API serves what `link` leads to.
LINK_PREFIX = "/api/documents"


class LocalStorage:
    """A directory with a folder per bucket: for the demo, the tests and development; the API serves its links.

    All who share the `link_key` accept each other's links; without one, links end with the process.
    """

    def __init__(self, directory: Path, *, link_key: str | None = None) -> None:
        self._directory = directory
        key = secrets.token_hex() if link_key is None else link_key
        self._signer = TimestampSigner(key, salt="document link", key_derivation="hmac", digest_method=sha256)

    def buckets(self) -> dict[str, bool]:
        """The folders that exist; no web server knows of them."""
        return {bucket: False for bucket in BUCKETS.values() if (self._directory / bucket).is_dir()}

    def limits(self) -> dict[str, BucketLimits]:
        """A folder takes everything."""
        return dict.fromkeys(self.buckets(), BucketLimits())

    def prepare(self) -> None:
        try:
            for bucket in BUCKETS.values():
                (self._directory / bucket).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                Sentence("STORAGE_DIR cannot be used: {error}. Check that STORAGE_DIR can be written to.", error=error)
            ) from error

    def make_private(self, bucket: str) -> None:
        """Nothing to do: a folder is never public."""

    def upload(self, bucket: str, name: str, path: Path, *, replace: bool = False) -> None:
        """Copy the file beside its place, then rename it into place."""
        target = self._directory / bucket / name
        if target.exists() and not replace:
            raise StorageError(
                Sentence("Storing {bucket}/{name} failed: another file is there already.", bucket=bucket, name=name)
            )
        partial = target.with_name(name + ".part")
        try:
            with partial.open("wb") as file:
                file.write(path.read_bytes())
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        except OSError as error:
            raise StorageError(
                Sentence(
                    "Storing {bucket}/{name} failed: {error}. Check that STORAGE_DIR can be written to.",
                    bucket=bucket,
                    name=name,
                    error=error,
                )
            ) from error

    def download(self, bucket: str, name: str) -> bytes | None:
        try:
            return (self._directory / bucket / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(
                Sentence(
                    "Reading {bucket}/{name} failed: {error}. Check that STORAGE_DIR can be written to.",
                    bucket=bucket,
                    name=name,
                    error=error,
                )
            ) from error

    def delete(self, bucket: str, name: str) -> None:
        try:
            (self._directory / bucket / name).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                Sentence(
                    "Deleting {bucket}/{name} failed: {error}. Check that STORAGE_DIR can be written to.",
                    bucket=bucket,
                    name=name,
                    error=error,
                )
            ) from error

    def link(self, bucket: str, name: str, seconds: int) -> str | None:
        """A path of the API with its query: what it leads to, and for how long, is signed."""
        if self._file(bucket, name) is None:
            return None
        text = _signed(bucket, name, seconds)
        signature = self._signer.sign(text).decode().removeprefix(f"{text}.")  # the moment, a dot, the MAC
        return f"{LINK_PREFIX}/{bucket}/{quote(name)}?{urlencode({'seconds': seconds, 'signature': signature})}"

    def find_linked(self, bucket: str, name: str, seconds: int, signature: str) -> Path | None:
        """The file of a link, or None when its time is over or something of it was changed."""
        text = _signed(bucket, name, seconds)
        try:
            found = self._signer.unsign(f"{text}.{signature}", max_age=seconds)
        except BadSignature:  # an expired one too
            return None
        return self._file(bucket, name) if found == text.encode() else None  # a name may end like a signature

    def close(self) -> None:
        """Nothing to do: no file stays open between two calls."""

    def _file(self, bucket: str, name: str) -> Path | None:
        """The path comes from a column that people may write: it must not lead out of its bucket."""
        folder = (self._directory / bucket).resolve()
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder) and path.is_file() else None


def _signed(bucket: str, name: str, seconds: int) -> str:
    return f"{seconds}/{bucket}/{name}"
