"""The stored document of a row: its bytes when they are right, and a file name that a person recognises."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from extractor.documents.buckets import split_path
from extractor.documents.storage import DocumentStore
from extractor.errors import StorageError
from extractor.language.sentences import Sentence
from extractor.models import Status
from extractor.operations.refusals import NotPossible
from extractor.reports import Extraction, Filter

# Each part of a name is cut after this many characters.
MAX_PART = 40
# A file system takes 255 bytes; accents have two.
MAX_STEM_BYTES = 200
# What Windows or a shell would not take in a name, and every control.
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+')

# Of a thousand answers of storage one may be lost; a second try costs less than to begin the download again.
_TWICE = Retrying(
    stop=stop_after_attempt(2), wait=wait_fixed(0.5), retry=retry_if_exception_type(StorageError), reraise=True
)


class NotThere(Exception):
    """A row has no right document in storage; the message is a sentence that says why."""


def with_documents(chosen: Filter) -> Filter:
    """The rows among the chosen that have a document: none, when the filter asks for another status."""
    if chosen.status not in (None, Status.COMPLETED):
        raise NotPossible(
            Sentence("Only rows that are Complété have a document; the filter says {status}.", status=chosen.status)
        )
    return chosen.model_copy(update={"status": Status.COMPLETED})


def fetch(store: DocumentStore, row: Extraction) -> bytes:
    """The document's bytes; raises NotThere, and StorageError when storage twice did not answer."""
    place = split_path(row.supabase_path) if row.supabase_path else None
    if not row.supabase_path:
        raise NotThere("The row has no document: supabase_path is empty.")
    if place is None:
        raise NotThere(f"The row names no document in the three buckets: supabase_path is {row.supabase_path!r}.")
    data = _TWICE(store.download, *place)
    if data is None:
        raise NotThere(f"Storage does not have {row.supabase_path}.")
    if row.document_sha256 and hashlib.sha256(data).hexdigest() != row.document_sha256:
        raise NotThere(f"{row.supabase_path} was changed in storage: its sha256 is not the row's document_sha256.")
    return data


def file_name(row: Extraction) -> str:
    """`Dossier 118 - index 2784195 - Montréal - Cadastre du Québec - 1f3870be.pdf`: dossier, document, place.

    The end is a hash of the row's id: the name is the row's alone, and the same at each download. No part leads out
    of a folder, and every common file system takes it.
    """
    document = f"{row.source or ''} {row.document_number_normalized or row.document_number or ''}"
    parts = [row.reference, document, row.circonscription_fonciere, row.cadastre]
    stem = " - ".join(filter(None, (_plain(part or "") for part in parts)))
    stem = stem.encode()[:MAX_STEM_BYTES].decode(errors="ignore").rstrip(" .-")
    return f"{stem} - {hashlib.sha256(row.id.encode()).hexdigest()[:8]}.pdf"


def _plain(part: str) -> str:
    text = _NOT_IN_NAMES.sub(" ", unicodedata.normalize("NFC", part))
    return " ".join(text.split())[:MAX_PART].strip(" .-")
