"""A browser counts as found only after it ran; a browser that was named is the only one tried."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from extractor.browser import finder
from extractor.errors import BrowserNotFound


def program(path: Path, body: str) -> Path:
    """Write an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def browser(path: Path) -> Path:
    return program(path, 'echo "Chromium 156.0.1"')


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Hide the browsers of this machine; return the directory that is its PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "env").symlink_to("/usr/bin/env")
    monkeypatch.setattr(finder, "HEADLESS_SHELLS", (str(tmp_path / "lib" / "chromium-headless-shell"),))
    monkeypatch.setattr(finder, "BROWSERS", (str(tmp_path / "lib" / "chromium"),))
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "ms-playwright"))
    return programs


def offline_python(path: Path) -> str:
    """Return a Python whose Playwright cannot download."""
    return str(program(path, "echo no network >&2; exit 1"))


def test_a_named_browser_is_used(tmp_path: Path) -> None:
    named = browser(tmp_path / "my chrome")
    assert finder.ensure_browser(named) == named


def test_a_browser_runs_once_for_its_proof_and_again_when_it_changed(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    named = program(tmp_path / "chrome", f"echo run >>{runs}; echo Chromium 156")

    assert [finder.find_browser(named) for _ in range(2)] == [named] * 2
    assert runs.read_text().split() == ["run"]

    program(named, f"echo run >>{runs}; echo no longer")
    with pytest.raises(BrowserNotFound):
        finder.find_browser(named)
    assert runs.read_text().split() == ["run", "run"]


@pytest.mark.parametrize(
    ("body", "mode", "complaint"),
    [
        (None, 0, "does not exist"),
        ('echo "Chromium 156"', 0o644, "is not executable"),
        ("echo libnss3.so: cannot open >&2; exit 127", 0o755, "libnss3.so"),
        ("echo GNU bash 5", 0o755, "does not say its version"),
    ],
)
def test_a_named_browser_that_fails_is_an_error(tmp_path: Path, body: str | None, mode: int, complaint: str) -> None:
    named = tmp_path / "browser"
    if body is not None:
        program(named, body).chmod(mode)
    with pytest.raises(BrowserNotFound, match=f"BROWSER_EXECUTABLE names .*{complaint}"):
        finder.ensure_browser(named)


def test_the_best_browser_that_runs_is_found(bare_machine: Path, tmp_path: Path) -> None:
    downloads = tmp_path / "ms-playwright"
    better = [
        browser(bare_machine / "google-chrome"),
        browser(bare_machine / "chromium"),
        browser(tmp_path / "lib" / "chromium"),
        browser(downloads / "chromium_headless_shell-999" / "chrome-linux" / "headless_shell"),
        browser(downloads / "chromium_headless_shell-1255" / "chrome-headless-shell-linux64" / "chrome-headless-shell"),
        browser(tmp_path / "lib" / "chromium-headless-shell"),
    ]
    while better:
        best = better.pop()
        assert finder.find_browser() == best
        program(best, "exit 1")
    with pytest.raises(BrowserNotFound, match="No Chromium or Chrome was found"):
        finder.find_browser()


def test_playwright_is_asked_first(bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "ms-playwright" / "chromium_headless_shell-1" / "x" / "headless_shell"
    ready = browser(tmp_path / "ready")
    link = f'[ "$*" = "-m playwright install --only-shell chromium" ] && /bin/mkdir -p "{installed.parent}" && '
    monkeypatch.setattr(
        "sys.executable", str(program(bare_machine / "python", f'{link}/bin/cp "{ready}" "{installed}"'))
    )
    assert finder.ensure_browser() == installed


@pytest.mark.skipif(os.geteuid() != 0, reason="the distribution's package needs root")
def test_the_distribution_is_asked_next(bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", offline_python(bare_machine / "python"))
    ready, installed = browser(tmp_path / "ready"), tmp_path / "lib" / "chromium"
    # A distribution that has `chromium` only.
    program(
        bare_machine / "apt-get",
        f"""case "$*" in
            update) ;;
            *" chromium") /bin/mkdir -p "{installed.parent}"; /bin/cp "{ready}" "{installed}" ;;
            *) exit 100 ;;
        esac""",
    )
    assert finder.ensure_browser() == installed


def test_a_machine_without_help_gets_a_sentence(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", offline_python(bare_machine / "python"))
    with pytest.raises(BrowserNotFound, match="install Chromium or Chrome yourself"):
        finder.ensure_browser()
