from __future__ import annotations

from pathlib import Path

from extractor.standin.app import create_app
from extractor.standin.ledger import Ledger
from tests.support.standin_client import StandinClient
from tests.support.standin_server import running

from .visitor import Visitor


def test_restart_continues_the_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    kinds = []
    for _ in range(2):
        with running(create_app(ledger=path)) as url, Visitor(url) as visitor, StandinClient(url) as client:
            visitor.log_in()
            visitor.search("index", "2784195")
            kinds = [entry.kind for entry in client.ledger()]
            assert [entry.id for entry in client.ledger()] == list(range(1, len(kinds) + 1))

    assert kinds == ["login", "search", "consultation"] * 2
    assert [entry.kind for entry in Ledger(path).entries] == kinds


def test_line_cut_by_a_kill_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path).record("login", account="99X3315")
    with path.open("a", encoding="utf-8") as file:
        file.write('{"id": 2, "time"')

    ledger = Ledger(path)
    ledger.record("logout", account="99X3315")

    assert [(entry.id, entry.kind) for entry in Ledger(path).entries] == [(1, "login"), (2, "logout")]


def test_clear_empties_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.record("login", account="99X3315")
    ledger.clear()

    assert ledger.entries == ()
    assert path.read_text(encoding="utf-8") == ""
