"""What a worker looks at before it forks."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from extractor.settings import Settings
from extractor.worker import preflight


def check(directory: Path, **others: object) -> None:
    needed = {
        "database_url": "postgresql://nobody@127.0.0.1:1/none",
        "redis_url": "redis://127.0.0.1:1/0",
        "storage_dir": directory / "storage",
        "spool_dir": directory / "spool",
    }
    preflight.check(Settings.model_validate(needed | others))


def test_worker_that_has_all_may_start(tmp_path: Path) -> None:
    check(tmp_path)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"browser_executable": "/nonexistent/chromium"}, "/nonexistent/chromium"),
        ({"spool_dir": "/proc/spool"}, "SPOOL_DIR"),
        ({"registry_site_map": "/nonexistent/site.toml"}, "/nonexistent/site.toml"),
        ({"storage_dir": None, "supabase_url": "no address", "supabase_service_key": "x"}, "SUPABASE_URL"),
    ],
)
def test_what_is_missing_ends_the_process_with_a_sentence(
    setting: dict[str, object], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        check(tmp_path, **setting)

    assert ended.value.code == preflight.BAD_SETTINGS
    said = capsys.readouterr().err
    assert said.startswith("worker: ")
    assert sentence in said


def test_checks_wait_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(2, timeout=30)
    for name in ("find_browser", "require_own_broker"):
        monkeypatch.setattr(preflight, name, lambda _: together.wait())

    check(tmp_path)

    assert not together.broken
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("preflight")]  # no fork meets one


def test_of_two_faults_the_first_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        check(tmp_path, browser_executable="/nonexistent/chromium", spool_dir="/proc/spool")

    assert "BROWSER_EXECUTABLE" in capsys.readouterr().err
