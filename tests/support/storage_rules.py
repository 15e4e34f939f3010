"""What Supabase Storage 1.11 answers, measured on a real one; storage_server.py serves it over HTTP."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

KEY_PATTERN = re.compile(r"[A-Za-z0-9_/!.*'() &$=@;:+,?-]+")

# Bytes of one part of a key: the real server's file system refuses more.
LONGEST_PART = 255

MEBIBYTE = 1024 * 1024
# The project's own limit: what Supabase's free plan has.
PROJECT_LIMIT = 50 * MEBIBYTE


class RefusalError(Exception):
    """An error as the API words it; the body has `status`, while HTTP says 400 for nearly all."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.http_status = 500 if status == 500 else 400
        self.body = {"statusCode": str(status), "error": error, "message": message}


def unauthorized() -> RefusalError:
    return RefusalError(403, "Unauthorized", "new row violates row-level security policy")


def bucket_missing() -> RefusalError:
    return RefusalError(404, "Bucket not found", "Bucket not found")


def too_large() -> RefusalError:
    return RefusalError(413, "Payload too large", "The object exceeded the maximum allowed size")


def object_missing() -> RefusalError:
    return RefusalError(404, "not_found", "Object not found")


@dataclass(frozen=True)
class Bucket:
    """A bucket's settings; `size_limit` None is the project's, `mime_types` None allows every type."""

    name: str
    size_limit: int | None = None
    mime_types: tuple[str, ...] | None = None
    public: bool = False

    @classmethod
    def of(cls, wanted: dict[str, Any], before: Bucket | None = None) -> Bucket:
        """What a request asks for; a setting that it does not name stays as it was."""
        bucket = before or cls(wanted["id"])
        names = {"file_size_limit": "size_limit", "allowed_mime_types": "mime_types", "public": "public"}
        given = {ours: wanted[theirs] for theirs, ours in names.items() if wanted.get(theirs) is not None}
        if given.get("size_limit", 0) > PROJECT_LIMIT:
            raise too_large()
        if "mime_types" in given:
            given["mime_types"] = tuple(given["mime_types"])
        return replace(bucket, **given)

    def check_upload(self, key: str, content: bytes, mime_type: str) -> None:
        """Refuse what the real API refuses."""
        if not KEY_PATTERN.fullmatch(key):
            raise RefusalError(400, "InvalidKey", f"Invalid key: {key}")
        if any(len(part.encode()) > LONGEST_PART for part in key.split("/")):
            raise RefusalError(500, "Internal", "Internal Server Error")
        if self.mime_types is not None and mime_type.partition(";")[0] not in self.mime_types:
            raise RefusalError(415, "invalid_mime_type", f"mime type {mime_type} is not supported")
        if len(content) > (self.size_limit or PROJECT_LIMIT):
            raise too_large()

    def described(self) -> dict[str, Any]:
        """Return what the API tells about the bucket."""
        moment = "2025-01-01T00:00:00.000Z"
        return {
            "id": self.name,
            "name": self.name,
            "owner": "",
            "public": self.public,
            "created_at": moment,
            "updated_at": moment,
            "file_size_limit": self.size_limit,
            "allowed_mime_types": list(self.mime_types) if self.mime_types else None,
        }


@dataclass
class Faults:
    """What goes wrong next. Each request that a counter spoils takes one off it."""

    fail_listings: int = 0  # of buckets
    fail_uploads: int = 0
    store_then_fail: int = 0
    stall_seconds: float = 0.0  # before the answer to every upload and download

    def take(self, name: str) -> bool:
        """Whether this fault strikes now; uses one up."""
        left: int = getattr(self, name)
        setattr(self, name, max(left - 1, 0))
        return left > 0


@dataclass(frozen=True)
class Foreign:
    """An answer that is not Storage's: of a gateway, a proxy, or the platform."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Storage:
    """The buckets, their objects as files under `directory`, and a record of every upload that was asked for."""

    directory: Path
    key: str
    anon_key: str = "anon"
    buckets: dict[str, Bucket] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    foreign: Foreign | None = None
    """What answers in the place of Storage."""
    uploads: list[dict[str, str]] = field(default_factory=list)  # bucket, key, outcome, in order

    def add_bucket(self, bucket: Bucket) -> None:
        """Create the bucket, or set the limits of one whose files a former run left."""
        (self.directory / bucket.name).mkdir(parents=True, exist_ok=True)
        self.buckets[bucket.name] = bucket

    def bucket(self, name: str) -> Bucket:
        """Return the bucket or refuse."""
        if name not in self.buckets:
            raise bucket_missing()
        return self.buckets[name]

    def path(self, bucket: str, key: str) -> Path:
        """Return the file of an object that exists, or refuse."""
        path = self._file(bucket, key)
        if not path.is_file():
            raise object_missing()
        return path

    def store(self, bucket: str, key: str, content: bytes, mime_type: str, *, upsert: bool) -> None:
        """Keep the object, once the rules and the planned faults let it through."""
        if self.faults.take("fail_uploads"):
            raise RefusalError(500, "Internal", "Internal Server Error")
        self.bucket(bucket).check_upload(key, content, mime_type)
        path = self._file(bucket, key)
        if path.exists() and not upsert:
            raise RefusalError(409, "Duplicate", "The resource already exists")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if self.faults.take("store_then_fail"):
            raise RefusalError(500, "Internal", "Internal Server Error")

    def _file(self, bucket: str, key: str) -> Path:
        self.bucket(bucket)
        path = (self.directory / bucket / key).resolve()
        if not path.is_relative_to((self.directory / bucket).resolve()):
            raise RefusalError(400, "InvalidKey", f"Invalid key: {key}")
        return path
