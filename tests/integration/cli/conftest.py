"""One command of `extractor`, run in this process with settings of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from extractor.cli import app, terminal
from extractor.settings import load_settings

Extractor = Callable[..., Result]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """Complete settings without a .env."""
    monkeypatch.setenv("ENV_FILE", "")
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
    monkeypatch.setenv("STORAGE_DIR", str(tmp_path / "documents"))
    load_settings.cache_clear()
    yield monkeypatch
    load_settings.cache_clear()


@pytest.fixture
def extractor(environment: pytest.MonkeyPatch) -> Extractor:
    """Run one command; it must end with the expected code, and never with a traceback."""
    # Not COLUMNS: the console reads it only once, in the first test of this process.
    environment.setattr(terminal.console, "width", 80)

    def run(*arguments: object, code: int = 0, given: str | None = None) -> Result:
        load_settings.cache_clear()
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=given)
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        return result

    return run
