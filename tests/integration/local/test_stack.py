"""What the whole system refuses before it has started anything, and which port it takes."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from extractor.local.embedded_server import port_like
from extractor.local.errors import LocalError
from extractor.local.outside import Outside
from extractor.local.stack import Stack
from tests.support.raw_server import refusing_port


@pytest.mark.parametrize("module", ["tasks.py", "celeryconfig.py", "tasks/__init__.py"])
def test_a_module_that_celery_would_take_for_tasks_is_named(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / module).parent.mkdir(exist_ok=True)
    (tmp_path / module).touch()
    monkeypatch.chdir(tmp_path)
    outside = Outside.of({})

    with pytest.raises(LocalError, match=f"{tmp_path / module} would be loaded instead of our"):
        Stack(tmp_path / "data", outside=outside, sessions=1, say=lambda *_: None).__enter__()

    assert not (tmp_path / "data").exists()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(LocalError, match=r"file/up/logs cannot be made .*: choose another place with --directory"):
        Stack(tmp_path / "file" / "up", outside=Outside.of({}), sessions=1, say=lambda *_: None).__enter__()


def test_a_part_that_ends_by_itself_is_named_with_its_last_words(tmp_path: Path) -> None:
    stack = Stack(tmp_path, outside=Outside.of({}), sessions=1, say=lambda *_: None)
    stack.logs.mkdir()
    stack._launch("flower", "-c", "print('A setting is wrong.'); raise SystemExit(3)")

    with pytest.raises(LocalError, match=r"`flower` has ended by itself, with exit code 3[^$]*A setting is wrong\."):
        stack._wait_for("flower", f"http://127.0.0.1:{refusing_port()}/")


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1"])  # noqa: S104 -- other servers listen so
def test_a_usual_port_that_another_server_has_is_not_taken(host: str) -> None:
    """At ::1 too: a browser may take `localhost` for it."""
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as taken:
        usual = taken.getsockname()[1]
        assert port_like(usual) != usual


def test_a_usual_port_whose_connections_have_just_ended_is_taken_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        usual = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", usual)) as client:
            server.accept()[0].close()  # the side that closes first keeps the pair for a minute
            client.recv(1)

    assert port_like(usual) == usual
