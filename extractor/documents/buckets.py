"""Where a document lies in storage: a bucket per source, and a name that is the row's alone."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC

from extractor.language.sentences import Sentence
from extractor.models import Job, Source

BUCKETS = {Source.ACTE: "actes", Source.INDEX: "index", Source.PLAN_CADASTRAUX: "plans-cadastraux"}
MIME_TYPE = "application/pdf"

MEGABYTE = 2**20

# No document was seen above 5 MB.
LARGEST_SEEN_BYTES = 5 * MEGABYTE

# A path component over 255 bytes is a server error at Supabase; two names, a number and a date fit below.
_MAX_NAME_CHARACTERS = 80


@dataclass(frozen=True)
class BucketLimits:
    """What a bucket refuses by settings of its own, whatever the project allows."""

    max_bytes: int | None = None
    """None: only the limit of the project."""
    mime_types: tuple[str, ...] = ()
    """None of them: every type."""

    def refusal(self, bucket: str) -> str | None:
        """Why a document as they usually are could not be stored, with the cure, as a sentence."""
        if self.mime_types and not {MIME_TYPE, "application/*", "*/*"} & set(self.mime_types):
            return Sentence(
                "The bucket {bucket} takes only {types}: add {needed} to its allowed MIME types (Storage, Edit"
                " bucket).",
                bucket=bucket,
                types=self.mime_types,
                needed=MIME_TYPE,
            )
        if self.max_bytes is not None and self.max_bytes < LARGEST_SEEN_BYTES:
            return Sentence(
                "The bucket {bucket} takes files up to {limit} only, and documents have up to {largest}: remove its"
                " file"
                " size limit (Storage, Edit bucket).",
                bucket=bucket,
                limit=in_megabytes(self.max_bytes),
                largest=in_megabytes(LARGEST_SEEN_BYTES),
            )
        return None


def in_megabytes(count: int) -> str:
    """As the dashboard shows sizes."""
    return f"{count / MEGABYTE:.3g} MB"


def object_name(job: Job) -> str:
    """The object's name in its bucket: ASCII, and a function of the row alone: a repeated upload is the same object.

    `{number}-{circonscription}[-{cadastre}]-{timestamp}-{8 characters}.pdf`. The characters are a hash of the row's id
    and of what it asks for. Rows of one INSERT share their timestamp, and two of them may ask for two documents with
    one number; and after a row was edited, its earlier document keeps its own name.
    """
    places = [job.circonscription] if job.source is Source.ACTE else [job.circonscription, job.cadastre]
    timestamp = job.created_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    of_the_request = hashlib.sha256(f"{job.id}|{job.request_key}".encode()).hexdigest()[:8]
    names = [job.document_number_normalized, *filter(None, places), timestamp, of_the_request]
    return "-".join(filter(None, map(_ascii, names))) + ".pdf"


def split_path(supabase_path: str) -> tuple[str, str] | None:
    """Bucket and name of `bucket/name`, or None when that is none of our buckets."""
    bucket, _, name = supabase_path.partition("/")
    return (bucket, name) if bucket in BUCKETS.values() and name else None


def _ascii(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "Oe"))
    plain = letters.encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:_MAX_NAME_CHARACTERS]
