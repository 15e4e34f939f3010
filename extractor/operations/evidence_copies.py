"""Copies of what workers kept when attempts failed: page, screenshot, steps, refused bytes."""

from __future__ import annotations

import shutil
from pathlib import Path

from extractor.models import Frozen
from extractor.reports import History, evidence_folder


class EvidenceCopies(Frozen):
    """What of a row's evidence is now in a person's folder, and what is not."""

    folders: tuple[Path, ...]
    """One per attempt, in the order of the attempts."""
    elsewhere: tuple[str, ...]
    """Sentences about attempts whose evidence is not on this machine."""


def copy_evidence(history: History, evidence_dir: Path, target: Path) -> EvidenceCopies:
    """Copy the evidence of every attempt to `attempt-ID` below the target; raises OSError.

    Workers keep it in EVIDENCE_DIR of their own machine; `evidence_folder` says what of it is here.
    """
    folders, elsewhere = [], []
    for attempt in history.attempts:
        if not attempt.evidence_path:
            continue
        found = evidence_folder(attempt, evidence_dir)
        if found is None:
            elsewhere.append(
                f"attempt {attempt.id}: not in {evidence_dir}. The worker {attempt.worker_id} kept it in"
                f" {attempt.evidence_path} on its own machine, and deletes it after EVIDENCE_DAYS."
            )
            continue
        folder = target / f"attempt-{attempt.id}"
        shutil.copytree(found, folder, dirs_exist_ok=True)
        folders.append(folder)
    return EvidenceCopies(folders=tuple(folders), elsewhere=tuple(elsewhere))
