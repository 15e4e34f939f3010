"""What `.env` names for `make up`: an unfilled one names nothing, and what cannot be is said before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.errors import ConfigurationError
from extractor.local import env_file
from extractor.local.errors import LocalError
from extractor.local.outside import NAMES, read_outside
from tests.support.documents import ROOT
from tests.support.raw_server import refusing_port

PROJECT = "DATABASE_URL=postgresql://postgres:planted@db.project.example/postgres\n"


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's directory, in which they type `make up`."""
    for name in ("ENV_FILE", *NAMES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_example_as_it_stands_names_nothing(directory: Path) -> None:
    (directory / ".env").write_text((ROOT / ".env.example").read_text())

    assert read_outside().values == {}


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (PROJECT, r"DATABASE_URL in \.env names your own project.* REGISTRY_BASE_URL=https://www\.registrefoncier"),
        ("SUPABASE_URL=https://p.example\nSUPABASE_SERVICE_KEY=k\n", r"SUPABASE_URL in \.env names your own project"),
        ("SUPABASE_SERVICE_KEY=k\n", "SUPABASE_URL and SUPABASE_SERVICE_KEY go together"),
        ("REDIS_URL=localhost:6379\n", "REDIS_URL is not redis://"),
        ("LEASE_SECONDS=1\n", "LEASE_SECONDS must be at least twice"),
    ],
)
def test_a_half_filled_file_is_refused_with_the_line_to_fill_in(lines: str, sentence: str, directory: Path) -> None:
    (directory / ".env").write_text(lines)

    with pytest.raises((ConfigurationError, LocalError), match=sentence):
        read_outside()


def test_a_project_and_the_registry_together_are_taken(directory: Path) -> None:
    (directory / ".env").write_text(f"{PROJECT}REGISTRY_BASE_URL=https://registry.example\n")

    assert set(read_outside().values) == {"DATABASE_URL", "REGISTRY_BASE_URL"}


def test_a_broker_that_is_not_there_is_said_with_the_line_that_names_it(directory: Path) -> None:
    (directory / ".env").write_text(f"REDIS_URL=redis://127.0.0.1:{refusing_port()}/0\n")

    with pytest.raises(LocalError, match=r"Nothing usable answers at REDIS_URL .* put # before REDIS_URL in \.env"):
        read_outside().require_broker()


def test_settings_that_an_earlier_start_wrote_are_left_out(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader types `make up` again in the terminal in which ENV_FILE is exported."""
    env_file.write(directory / "env", {"DATABASE_URL": "postgresql://127.0.0.1:1/x"})
    monkeypatch.setenv("ENV_FILE", str(directory / "env"))
    (directory / ".env").write_text("DAILY_CONSULTATION_LIMIT=7\n")

    assert read_outside().values == {"DAILY_CONSULTATION_LIMIT": "7"}
