"""Evidence contains what a person needs to see and nothing secret, and is kept for a limited time."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from extractor.models import Evidence
from extractor.worker.evidence import SECONDS_PER_DAY, EvidenceStore

PAGE = Evidence(url="http://site/form", html="<p>99X0001 / planted-password</p>", screenshot=b"png")


def kept(directory: Path, name: str, **content: Any) -> Path:
    """Keep the evidence and return its folder; fails if the disk does not take it."""
    folder = EvidenceStore(directory).keep(name, **content)
    assert folder is not None
    return folder


def test_folder_has_the_page_its_picture_and_the_steps(tmp_path: Path) -> None:
    folder = kept(tmp_path, "site_changed-1", page=PAGE, steps=[{"seconds": 0.5, "step": "form open"}])

    assert "http://site/form" in (folder / "page.html").read_text()
    assert (folder / "page.png").read_bytes() == b"png"
    assert json.loads((folder / "steps.json").read_text()) == [{"seconds": 0.5, "step": "form open"}]


def test_credentials_appear_nowhere(tmp_path: Path) -> None:
    secrets = (SecretStr("99X0001"), SecretStr("planted-password"))

    folder = kept(tmp_path, "login_refused-1", page=PAGE, secrets=secrets)

    for path in folder.iterdir():
        assert b"planted-password" not in path.read_bytes()
        assert b"99X0001" not in path.read_bytes()


def test_no_spelling_of_a_password_appears_in_page_or_steps(tmp_path: Path) -> None:
    password = 'a<b&"é'
    page = Evidence(url="http://site/login", html="<input value='a&lt;b&amp;&quot;é'> a&lt;b&amp;\"é", screenshot=None)
    steps = [{"seconds": 1, "step": f"typed {password}"}]

    folder = kept(tmp_path, "x", page=page, steps=steps, secrets=[SecretStr(password)])

    assert (folder / "page.html").read_text().count("•••") == 2
    assert json.loads((folder / "steps.json").read_text()) == [{"seconds": 1, "step": "typed •••"}]


def test_refused_bytes_are_moved_into_it(tmp_path: Path) -> None:
    refused = tmp_path / "spool.part"
    refused.write_bytes(b"<html>")

    folder = kept(tmp_path / "evidence", "document_refused-1", page=None, refused=[refused])

    assert (folder / "document.bin").read_bytes() == b"<html>"
    assert not refused.exists()


def test_sweep_deletes_only_what_is_past_the_age_limit(tmp_path: Path) -> None:
    old, fresh, paid = (kept(tmp_path, name, page=None) for name in ("old", "fresh", "paid"))
    (paid / "document.bin").write_bytes(b"the only copy")
    moment = time.time() - 15 * SECONDS_PER_DAY
    for folder in (old, paid):
        os.utime(folder, (moment, moment))

    EvidenceStore(tmp_path).sweep(older_than_days=14)

    assert set(tmp_path.iterdir()) == {fresh, paid}


def test_processes_that_sweep_at_once_do_not_disturb_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("first", "second", "third"):
        os.utime(kept(tmp_path, name, page=None), (0, 0))
    others, remove = EvidenceStore(tmp_path), shutil.rmtree

    def remove_after_another_process(folder: Path, **options: Any) -> None:
        monkeypatch.setattr(shutil, "rmtree", remove)
        others.sweep(older_than_days=14)
        remove(folder, **options)

    monkeypatch.setattr(shutil, "rmtree", remove_after_another_process)

    EvidenceStore(tmp_path).sweep(older_than_days=14)

    assert list(tmp_path.iterdir()) == []
