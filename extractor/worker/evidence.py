"""Evidence: what the page and the bytes were when something failed, in a directory with an age limit."""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr

from extractor.models import Evidence
from extractor.redaction import mask

logger = logging.getLogger(__name__)

SECONDS_PER_DAY = 86_400
REFUSED = "document.bin"


class EvidenceStore:
    """One folder per failure: `page.png`, `page.html`, `steps.json`, and `document.bin` where bytes were refused.

    A crash in the middle leaves a folder with less in it; nothing depends on evidence.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(
        self,
        name: str,
        *,
        page: Evidence | None,
        steps: Sequence[object] = (),
        refused: Sequence[Path] = (),
        secrets: Iterable[SecretStr] = (),
    ) -> Path | None:
        """Write what is given and return the folder; None when the disk does not take it.

        `refused` bytes are moved into the folder, the first of them as `document.bin`; `secrets` are masked everywhere.
        """
        try:
            return self._write(self._directory / name, page, steps, refused, tuple(secrets))
        except OSError as error:
            logger.warning("No evidence is kept: %s", error)
            return None

    def _write(
        self,
        folder: Path,
        page: Evidence | None,
        steps: Sequence[object],
        refused: Sequence[Path],
        secrets: Sequence[SecretStr],
    ) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        if page is not None:
            _write_text(folder / "page.html", mask(f"<!-- {page.url} -->\n{page.html}", secrets))
            if page.screenshot is not None:
                (folder / "page.png").write_bytes(page.screenshot)
        _write_text(folder / "steps.json", mask(json.dumps(steps, ensure_ascii=False, indent=1), secrets))
        for nth, path in enumerate(refused):
            if path.exists():
                _move(path, folder / (f"{nth + 1}-{REFUSED}" if nth else REFUSED))
        return folder

    def sweep(self, *, older_than_days: int) -> None:
        """Delete the folders that are past the age limit; several processes may sweep at once.

        Refused documents stay: they were paid, and there is no other copy.
        """
        if not self._directory.is_dir():
            return
        limit = time.time() - older_than_days * SECONDS_PER_DAY
        for folder in self._directory.iterdir():
            with suppress(FileNotFoundError):  # another process was first
                if folder.stat().st_mtime < limit and not (folder / REFUSED).exists():
                    shutil.rmtree(folder, ignore_errors=True)


def _write_text(path: Path, text: str) -> None:
    """A browser may return half a character, which no encoding takes."""
    path.write_text(text, encoding="utf-8", errors="replace")


def _move(path: Path, target: Path) -> None:
    """The bytes are durable in their new place before they leave the old one: they were paid."""
    partial = target.with_name(target.name + ".part")
    with path.open("rb") as source, partial.open("wb") as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        os.fsync(copy.fileno())
    partial.replace(target)
    path.unlink()
