"""What Tab offers in a shell, through the lines that commands have until they are called."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from typer.testing import CliRunner

from extractor.cli import app
from extractor.local.embedded_server import free_port
from extractor.settings import load_settings
from tests.support.rows import insert_account

Complete = Callable[[str], list[str]]


@pytest.fixture
def complete(environment: pytest.MonkeyPatch) -> Complete:
    """The words that bash is given for the last word of a line."""

    def run(line: str) -> list[str]:
        load_settings.cache_clear()
        environment.setenv("_EXTRACTOR_COMPLETE", "complete_bash")
        environment.setenv("COMP_WORDS", line)
        environment.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        result = CliRunner().invoke(app, [], prog_name="extractor")
        assert result.exit_code == 0, result.output
        return result.stdout.split()

    return run


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("extractor retry --error-code paper", ["paper_only"]),
        ("extractor list --error-code worker_l", ["worker_lost"]),
        ("extractor list --source pl", ["plan_cadastraux"]),
        ("extractor list --status com", ["completed"]),
        ("extractor add --source ", ["acte", "index", "plan_cadastraux"]),
        ("extractor retry --source a", ["acte"]),
        ("extractor pause a", ["acte", "all"]),
        ("extractor dow", ["download"]),
    ],
)
def test_words_of_the_product(complete: Complete, line: str, expected: list[str]) -> None:
    assert complete(line) == expected


def test_accounts_of_the_table_and_none_where_it_cannot_be_asked(
    complete: Complete, sql: psycopg.Connection, environment: pytest.MonkeyPatch
) -> None:
    insert_account(sql, "99X0001")
    insert_account(sql, "99X0002", is_active=False)

    known = complete("extractor accounts enable 99X")
    environment.setenv("DATABASE_URL", f"postgresql://127.0.0.1:{free_port()}/postgres")
    unreachable = complete("extractor accounts enable 99X")
    environment.setenv("DATABASE_URL", "")
    unset = complete("extractor accounts reset ")

    assert known == ["99X0001", "99X0002"]
    assert unreachable == unset == []
