"""The file of settings that `make up` writes for the commands of another terminal."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from extractor import environment
from extractor.local import env_file
from extractor.local.errors import LocalError

VALUES = {"API_KEY": "it's a \\ key # with $5 and = in it", "STORAGE_DIR": "/a directory/é", "DATABASE_URL": "x"}


def test_the_commands_read_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VALUES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ENV_FILE", str(tmp_path / "env"))

    env_file.write(tmp_path / "env", VALUES)

    assert environment.read(VALUES) == VALUES
    assert stat.S_IMODE((tmp_path / "env").stat().st_mode) == 0o600


def test_a_value_that_would_be_read_as_another_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="The value of API_KEY cannot stand in a file of settings"):
        env_file.write(tmp_path / "env", {"API_KEY": "${HOME}"})

    assert not (tmp_path / "env").exists()


def test_a_file_of_ones_own_is_told_from_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=\n")
    env_file.write(tmp_path / "env", VALUES)

    assert [environment.is_of_up(tmp_path / name) for name in (".env", "env", "missing")] == [False, True, False]
