"""`extractor doctor`: all is ok on real parts; a part that fails says what to do, and stops no other check."""

from __future__ import annotations

import json
import re
from pathlib import Path

import psycopg
import pytest

from extractor.doctor.check import Finding, State
from extractor.local import env_file
from tests.support.doctor import NAMES, Only, Setter, command, findings
from tests.support.rows import insert_account
from tests.support.standin_client import StandinClient

CLOSED_PORT = 9  # the discard port; nothing listens there
USER = "99X0001"
WRONG_PASSWORD = "planted-wrong-one"


@pytest.mark.usefixtures("settings", "account")
def test_all_parts_are_ok_and_nothing_is_spent(standin: StandinClient, tmp_path: Path) -> None:
    result = command("doctor")

    assert [line.split(":")[0].split() for line in result.stdout.splitlines()] == [
        [*name.split(), "ok"] for name in NAMES
    ]
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert standin.ledger() == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("settings", "account")
def test_login_is_one_login_and_frees_the_account(only: Only, standin: StandinClient, sql: psycopg.Connection) -> None:
    only("accounts")

    found = findings(login=True)["login"]

    assert found == Finding("login", State.OK, "99•••01 was logged in; the page showed: form (index).")
    assert [(entry.kind, entry.account) for entry in standin.ledger()] == [("login", USER), ("logout", USER)]
    assert account_row(sql) == (None, 0, None)


def test_refused_login_counts_and_the_account_rests(
    settings: Setter, only: Only, standin: StandinClient, sql: psycopg.Connection
) -> None:
    only("accounts")
    settings(ACCOUNT_REST_SECONDS="900")
    insert_account(sql, USER, password=WRONG_PASSWORD)

    result = command("doctor", "--login", "--json")

    *others, login = json.loads(result.stdout)
    assert {finding["state"] for finding in others} == {"ok"}
    assert login["state"] == "problem"
    assert login["text"].startswith("99•••01: The site refused the login: Le code d'utilisateur ou le mot de passe")
    assert "Write the right password with `extractor accounts password USERNAME`" in login["text"]
    assert result.exit_code == 1
    assert WRONG_PASSWORD not in result.output
    assert [entry.kind for entry in standin.ledger()] == ["login_refused"]
    lease, failures, rest = account_row(sql)
    assert (lease, failures) == (None, 1)
    assert rest is not None
    assert 890 < rest <= 900


@pytest.mark.usefixtures("no_site")
def test_missing_settings_are_named_and_all_else_is_skipped(settings: Setter) -> None:
    settings(DATABASE_URL=None, REDIS_URL=None)

    found = findings()

    assert found.pop("settings").text == (
        "Correct .env or the environment: DATABASE_URL is required. REDIS_URL is required."
    )
    assert {(finding.state, finding.text) for finding in found.values()} == {(State.SKIPPED, "settings first.")}


@pytest.mark.usefixtures("no_site")
def test_one_dead_part_stops_no_other_check(settings: Setter) -> None:
    secret = "planted-password"
    settings(
        DATABASE_URL=f"postgresql://user:{secret}@127.0.0.1:{CLOSED_PORT}/postgres",
        REDIS_URL=f"redis://:{secret}@127.0.0.1:{CLOSED_PORT}/0",
    )

    result = command("doctor")

    assert_lines(
        result.stdout,
        "database   problem: Nothing listens at 127.0.0.1:.* in DATABASE_URL, or start the server.",
        "migrations skipped: database first.",
        "rights     skipped: database first.",
        "listen     skipped: database first.",
        "broker     problem: .*Connection refused. Correct REDIS_URL, or start the server.",
        "deployment skipped: migrations and broker first.",
        "storage    ok: .*",
        "accounts   skipped: migrations first.",
        "webhooks   skipped: migrations first.",
        "learned    skipped: migrations first.",
        "money      ok: .*",
        "site map   ok: .*",
    )
    assert result.exit_code == 1
    assert secret not in result.output


@pytest.mark.usefixtures("no_site")
def test_system_of_make_up_that_has_ended_is_said_to_be_so(
    settings: Setter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"127.0.0.1:{CLOSED_PORT}"
    env_file.write(
        tmp_path / "env", {"DATABASE_URL": f"postgresql://u:x@{url}/postgres", "REDIS_URL": f"redis://{url}/0"}
    )
    settings(ENV_FILE=str(tmp_path / "env"), DATABASE_URL=None, REDIS_URL=None)
    ended = findings()
    status = command("status")
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:x@{url}/postgres")
    settings()
    own = findings()

    assert ended["database"].text == ended["broker"].text
    assert ended["broker"].text.startswith("`make up` is not running, and ENV_FILE names the file that it wrote: start")
    assert status.stderr == f"extractor: {ended['database'].text}\n"
    assert own["database"].text.startswith(f"Nothing listens at {url}: correct ")
    assert own["broker"].text == ended["broker"].text


@pytest.mark.usefixtures("no_site")
def test_addresses_that_would_be_quoted_are_refused_with_the_settings(settings: Setter) -> None:
    settings(DATABASE_URL="postgresql://user:pl@nted@127.0.0.1/postgres", REDIS_URL="redis://:pl#nted@127.0.0.1/0")

    found = findings()

    assert found["settings"].text.startswith(
        "Correct .env or the environment: DATABASE_URL is not postgresql://USER:PASSWORD@HOST:PORT/DATABASE: percent-"
    )
    assert "REDIS_URL is not redis://:PASSWORD@HOST:PORT/0: percent-encode" in found["settings"].text
    assert not any("nted" in finding.text for finding in found.values())


@pytest.mark.usefixtures("no_site")
def test_addresses_that_no_library_reads_are_problems(settings: Setter) -> None:
    settings(DATABASE_URL="postgresql://u:planted@127.0.0.1/postgres?nonsense=1")
    unknown_parameter = findings()["settings"].text
    settings(DATABASE_URL=f"postgresql://127.0.0.1:{CLOSED_PORT}/postgres", REDIS_URL="redis://127.0.0.1:999999/0")
    unknown_port = findings()["settings"].text
    settings(REDIS_URL="redis://127.0.0.1:1/0")

    found = findings()

    assert "DATABASE_URL has a parameter that Postgres does not know, nonsense: it belongs to" in unknown_parameter
    assert "planted" not in unknown_parameter
    assert "REDIS_URL names a port that does not exist: the highest is 65535." in unknown_port
    assert {found[name].state for name in ("migrations", "listen", "accounts")} == {State.SKIPPED}


def assert_lines(text: str, *patterns: str) -> None:
    """Compare every line except the first, which is about the settings."""
    _, *lines = text.splitlines()
    assert len(lines) == len(patterns)
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.fullmatch(pattern, line)


def account_row(sql: psycopg.Connection) -> tuple[object, int, float | None]:
    """Holder, failures and seconds of rest of the one account."""
    row = sql.execute(
        "SELECT worker_accounts_holder(username), failure_count, extract(epoch FROM resting_until - now())::float"
        " FROM worker_accounts"
    ).fetchone()
    assert row is not None
    return row
