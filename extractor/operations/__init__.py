"""What a person does to rows, sources and accounts, by the command line or the API.

Every operation takes the database, answers with a frozen model, and raises a Refusal with one sentence when it
changed nothing. What a person reads is in `extractor.reports`; some refusals read it too.
"""

from extractor.operations.account_keeping import (
    ChangedAccount,
    add_account,
    remove_account,
    reset,
    reset_all,
    set_active,
    set_password,
)
from extractor.operations.archive import archive
from extractor.operations.batches import AddedBatch, InvalidBatch, add_batch
from extractor.operations.downloads import Downloaded, download
from extractor.operations.edits import Correction, Edited, edit, plan_edit
from extractor.operations.evidence_copies import EvidenceCopies, copy_evidence
from extractor.operations.imports import Imported, NeedsApproval, Progress, import_rows, imported_ids
from extractor.operations.pruning import Pruned, plan_prune, prune
from extractor.operations.refusals import (
    AtLimit,
    InvalidFile,
    InvalidRow,
    KeyReused,
    NotPossible,
    Problem,
    Refusal,
    Unknown,
)
from extractor.operations.repeats import Added, add_once
from extractor.operations.retries import Retry, Selection, StoppedRow, plan_retry, retry
from extractor.operations.rows import EXAMPLES, Cancelled, CancelledGroup, NewRow, add, cancel, cancel_group
from extractor.operations.short_ids import whole_id
from extractor.operations.sources import SourceState, pause, resume
from extractor.operations.stored_documents import with_documents
from extractor.operations.zip_files import download_zip

__all__ = [
    "EXAMPLES",
    "Added",
    "AddedBatch",
    "AtLimit",
    "Cancelled",
    "CancelledGroup",
    "ChangedAccount",
    "Correction",
    "Downloaded",
    "Edited",
    "EvidenceCopies",
    "Imported",
    "InvalidBatch",
    "InvalidFile",
    "InvalidRow",
    "KeyReused",
    "NeedsApproval",
    "NewRow",
    "NotPossible",
    "Problem",
    "Progress",
    "Pruned",
    "Refusal",
    "Retry",
    "Selection",
    "SourceState",
    "StoppedRow",
    "Unknown",
    "add",
    "add_account",
    "add_batch",
    "add_once",
    "archive",
    "cancel",
    "cancel_group",
    "copy_evidence",
    "download",
    "download_zip",
    "edit",
    "import_rows",
    "imported_ids",
    "pause",
    "plan_edit",
    "plan_prune",
    "plan_retry",
    "prune",
    "remove_account",
    "reset",
    "reset_all",
    "resume",
    "retry",
    "set_active",
    "set_password",
    "whole_id",
    "with_documents",
]
