"""`extractor doctor`: all ok on real parts; each part that fails says what to do, and stops no other check."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from typer.testing import CliRunner, Result

from extractor.cli import app
from extractor.doctor import Finding, State, examination, examine, postgres
from extractor.local.server import free_port
from extractor.settings import load_settings
from extractor.standin.client import StandinClient
from tests.support.rows import insert_account
from tests.support.storage_server import running_storage

CLOSED_PORT = 9  # discard; nothing listens there
NAMES = ["settings", "database", "migrations", "listen", "broker", "storage", "browser", "accounts", "site map",
         "entry page", "login page"]  # fmt: skip
USER = "99X0001"
WRONG_PASSWORD = "planted-wrong-one"

ALL_CHECKS = examination.CHECKS

Setter = Callable[..., None]
Only = Callable[..., None]


@pytest.fixture
def settings(
    monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str, standin_url: str, tmp_path: Path
) -> Iterator[Setter]:
    """A complete environment without a .env; sets further variables, or removes them with None."""

    def set_variables(**variables: str | None) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value or "")
        load_settings.cache_clear()

    set_variables(
        ENV_FILE="",
        DATABASE_URL=database_url,
        REDIS_URL=redis_url,
        REGISTRY_BASE_URL=standin_url,
        STORAGE_DIR=str(tmp_path / "documents"),
        PACE_SECONDS="0",
        PAGE_TIMEOUT_SECONDS="20",
    )
    yield set_variables
    load_settings.cache_clear()


@pytest.fixture
def account(sql: psycopg.Connection) -> None:
    insert_account(sql, USER)


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Only:
    """Leaves all other checks out, where a test is about these: each page costs the start of a browser."""

    def keep(*names: str) -> None:
        monkeypatch.setattr(examination, "CHECKS", tuple(check for check in ALL_CHECKS if check.name in names))

    return keep


@pytest.fixture
def no_site(only: Only) -> None:
    only(*(check.name for check in ALL_CHECKS if check.name not in ("browser", "entry page", "login page")))


def findings(*, login: bool = False) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(login=login)}


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["doctor", *arguments])


@pytest.mark.usefixtures("settings", "account")
def test_all_parts_are_ok_and_nothing_is_spent(standin: StandinClient, tmp_path: Path) -> None:
    result = doctor()

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

    assert found == Finding("login", State.OK, "99•••01 is logged in; the page shows: form (index).")
    assert [(entry.kind, entry.account) for entry in standin.ledger()] == [("login", USER)]
    assert account_row(sql) == (None, 0, None)


def test_refused_login_counts_and_the_account_rests(
    settings: Setter, only: Only, standin: StandinClient, sql: psycopg.Connection
) -> None:
    only("accounts")
    settings(ACCOUNT_REST_SECONDS="900")
    insert_account(sql, USER, password=WRONG_PASSWORD)

    result = doctor("--login", "--json")

    *others, login = json.loads(result.stdout)
    assert {finding["state"] for finding in others} == {"ok"}
    assert login["state"] == "problem"
    assert login["text"].startswith("99•••01: The site refused the login: Le code d'utilisateur ou le mot de passe")
    assert "Write the right password into worker_accounts" in login["text"]
    assert result.exit_code == 1
    assert WRONG_PASSWORD not in result.output
    assert [entry.kind for entry in standin.ledger()] == ["login_refused"]
    lease, failures, rest = account_row(sql)
    assert (lease, failures) == (None, 1)
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

    result = doctor()

    assert_lines(
        result.stdout,
        "database   problem: connection failed: .* Correct DATABASE_URL, or start the server.",
        "migrations skipped: database first.",
        "listen     skipped: database first.",
        "broker     problem: .*Connection refused. Correct REDIS_URL, or start the server.",
        "storage    ok: .*",
        "accounts   skipped: migrations first.",
        "site map   ok: .*",
    )
    assert result.exit_code == 1
    assert secret not in result.output


@pytest.mark.parametrize(
    ("database", "broker"),
    [
        ("postgresql://user:pl@nted@127.0.0.1/postgres", "redis://:pl#nted@127.0.0.1/0"),
        ("postgresql://user:pl/nted@127.0.0.1/postgres", "redis://:pl/nted@127.0.0.1/0"),
        ("postgresql://user:pl%nted@127.0.0.1/postgres", "redis://:pl[nted@127.0.0.1/0"),
        ("postgresqll://user:planted@127.0.0.1/postgres", "redi://:planted@127.0.0.1/0"),
    ],
)
@pytest.mark.usefixtures("no_site")
def test_malformed_addresses_are_explained_and_never_quoted(settings: Setter, database: str, broker: str) -> None:
    settings(DATABASE_URL=database, REDIS_URL=broker)

    found = findings()

    assert found["database"].text.startswith("DATABASE_URL is not postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
    assert found["broker"].text.startswith("REDIS_URL is not redis://:PASSWORD@HOST:PORT/0")
    assert not any("nted" in finding.text for finding in found.values())


@pytest.mark.usefixtures("no_site")
def test_missing_migrations_are_named(settings: Setter, empty_database_url: str) -> None:
    settings(DATABASE_URL=empty_database_url)

    found = findings()

    assert found["migrations"].state is State.PROBLEM
    assert found["migrations"].text.startswith("Run `extractor migrate`: 0001_tables, ")
    assert found["listen"].state is State.OK
    assert found["accounts"] == Finding("accounts", State.SKIPPED, "migrations first.")


@pytest.mark.usefixtures("no_site", "account")
def test_pooler_that_swallows_notifications_is_found(
    settings: Setter, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "LISTEN_TIMEOUT", 0.5)
    with Pooler(database_url) as pooler:
        monkeypatch.setattr(postgres, "TRANSACTION_POOLER_PORT", pooler.port)
        settings(DATABASE_URL=pooler.url)

        found = findings()

    assert found["database"].state is State.WARNING
    assert "or the session pooler, both on port 5432" in found["database"].text
    assert found["listen"].state is State.PROBLEM
    assert found["listen"].text.startswith("No notification came in 0.5 s, as behind a transaction pooler")
    assert found["accounts"].state is State.OK


@pytest.mark.usefixtures("no_site", "settings")
def test_evicting_broker_is_a_warning_and_a_silent_one_is_not(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            evicting = findings()["broker"]
        finally:
            client.config_set("maxmemory-policy", "noeviction")
        client.execute_command("ACL", "SETUSER", "default", "-config")
        try:
            silent = findings()["broker"]
        finally:
            client.execute_command("ACL", "SETUSER", "default", "+config")

    assert evicting.state is State.WARNING
    assert "maxmemory-policy is allkeys-lru" in evicting.text
    assert silent == Finding("broker", State.OK, "answers; maxmemory-policy is unknown.")


@pytest.mark.usefixtures("no_site")
def test_directory_that_cannot_be_written_is_a_problem(settings: Setter, tmp_path: Path) -> None:
    (tmp_path / "file").touch()  # root writes into every directory, but not below a file
    settings(STORAGE_DIR=str(tmp_path / "file" / "documents"))

    found = findings()["storage"]

    assert found.state is State.PROBLEM
    assert "Check that STORAGE_DIR can be written to" in found.text


@pytest.mark.usefixtures("no_site")
def test_supabase_storage_is_proved_and_left_as_it_was(settings: Setter, tmp_path: Path) -> None:
    with running_storage(tmp_path / "supabase", "sb_secret_right") as (url, storage):
        settings(STORAGE_DIR=None, SUPABASE_URL=url, SUPABASE_SERVICE_KEY="sb_secret_right")
        right = findings()["storage"]
        settings(SUPABASE_SERVICE_KEY="sb_secret_wrong")
        wrong = findings()["storage"]
        storage.faults.fail_uploads = 1
        settings(SUPABASE_SERVICE_KEY="sb_secret_right")
        failing = findings()["storage"]

    assert right == Finding("storage", State.OK, "wrote, read and deleted in actes, index, plans-cadastraux.")
    assert [record["bucket"] for record in storage.uploads[:3]] == ["actes", "index", "plans-cadastraux"]
    assert [path for path in storage.directory.rglob("*") if path.is_file()] == []
    assert wrong.state is failing.state is State.PROBLEM
    assert "refused SUPABASE_SERVICE_KEY" in wrong.text
    assert "sb_secret_wrong" not in wrong.text
    assert failing.text.startswith("Uploading actes/probe-")


def test_secret_that_a_library_quotes_is_masked(settings: Setter, only: Only, tmp_path: Path) -> None:
    only("storage")
    with running_storage(tmp_path / "supabase", "planted-key") as (url, _):
        # A line break makes it no HTTP header, and httpx says so with the header.
        settings(STORAGE_DIR=None, SUPABASE_URL=url, SUPABASE_SERVICE_KEY="planted-key\n")
        found = findings()["storage"]

    assert found.state is State.PROBLEM
    assert "•••" in found.text
    assert "planted-key" not in found.text


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (None, "0 in total: .* Insert one into worker_accounts: username, password."),
        ({"failure_count": 3}, "1 in total: .* 1 failing, 0 disabled. The site refused them 3 times: .*"),
        ({"is_active": False}, "1 in total: .* 1 disabled. Write is_active = true into worker_accounts .*"),
    ],
)
@pytest.mark.usefixtures("no_site", "settings")
def test_accounts_that_nobody_can_use_say_what_brings_them_back(
    sql: psycopg.Connection, columns: dict[str, object] | None, text: str
) -> None:
    if columns is not None:
        insert_account(sql, USER, **columns)

    found = findings()["accounts"]

    assert found.state is State.PROBLEM
    assert re.fullmatch(text, found.text)


@pytest.mark.usefixtures("no_site", "settings")
def test_each_account_is_counted_once(sql: psycopg.Connection) -> None:
    insert_account(sql, "99X0001", failure_count=3, is_active=False)
    insert_account(sql, "99X0002")
    sql.execute("UPDATE worker_accounts SET resting_until = now() + interval '10 min' WHERE username = '99X0002'")
    resting = findings()["accounts"]
    insert_account(sql, "99X0003")
    sql.execute(
        "UPDATE worker_accounts SET lease_id = gen_random_uuid(), leased_by = 'worker',"
        " lease_expires_at = now() + interval '1 min' WHERE username = '99X0003'"
    )
    leased = findings()["accounts"]

    assert resting.state is State.PROBLEM
    assert "A refused login rests, the first for 10 min more" in resting.text
    assert leased == Finding("accounts", State.OK, "3 in total: 0 usable, 1 leased, 1 resting, 0 failing, 1 disabled.")


@pytest.mark.usefixtures("settings", "account")
def test_closed_and_broken_sites_are_said_as_such(only: Only, standin: StandinClient) -> None:
    only("login page")
    standin.set_variants(closed=True)
    closed = findings(login=True)
    only("entry page", "login page")
    standin.set_variants(error_status=503, error_at="login")
    broken = findings()

    assert closed["login page"].state is State.PROBLEM
    assert "le registre foncier en ligne est fermé" in closed["login page"].text.lower()
    assert closed["login page"].text.endswith("Come back in its opening hours; rows wait meanwhile.")
    assert closed["login"] == Finding("login", State.SKIPPED, "login page first.")
    assert broken["entry page"].state is State.OK
    assert broken["login page"] == Finding(
        "login page",
        State.PROBLEM,
        "The site does not answer (HTTP 503)."
        " Check REGISTRY_BASE_URL and this machine's way to it; rows wait meanwhile.",
    )
    assert standin.logins() == standin.refused_logins() == []


@pytest.mark.usefixtures("account")
def test_selector_that_finds_nothing_is_named(settings: Setter, only: Only, tmp_path: Path) -> None:
    only("site map", "entry page", "login page")
    own_file = tmp_path / "site.toml"
    own_file.write_text('[login]\nsubmit = "#btnEnvoi"\ndoor = "#porte"\n')
    settings(REGISTRY_SITE_MAP=str(own_file))

    found = findings()

    assert found["site map"].state is State.OK
    assert found["entry page"].state is State.WARNING
    assert "/Sirf/ has no #porte (login.door in the site map)." in found["entry page"].text
    assert found["login page"].state is State.PROBLEM
    assert "reglr.asp has no #btnEnvoi (login.submit in the site map) and shows: login." in found["login page"].text


@pytest.mark.usefixtures("account")
def test_misspelt_site_map_and_missing_browser_are_named(settings: Setter, tmp_path: Path) -> None:
    own_file = tmp_path / "site.toml"
    own_file.write_text('[login]\nusernam = "#code"\n')
    settings(REGISTRY_SITE_MAP=str(own_file), BROWSER_EXECUTABLE="/nowhere/chromium")

    found = findings()

    assert "login.usernam is not a key of the site map" in found["site map"].text
    assert found["browser"].text.startswith("BROWSER_EXECUTABLE names /nowhere/chromium, which does not exist.")
    assert found["login page"] == Finding("login page", State.SKIPPED, "browser and site map first.")


def test_unreachable_site_is_unavailable(settings: Setter, only: Only) -> None:
    only("login page")
    settings(REGISTRY_BASE_URL=f"http://127.0.0.1:{free_port()}")

    found = findings()["login page"]

    assert found.state is State.PROBLEM
    assert "cannot be opened" in found.text
    assert "ERR_CONNECTION_REFUSED" in found.text
    assert found.text.endswith("Check REGISTRY_BASE_URL and this machine's way to it; rows wait meanwhile.")


def assert_lines(text: str, *patterns: str) -> None:
    """Compare each line but the first, which is about the settings."""
    _, *lines = text.splitlines()
    assert len(lines) == len(patterns)
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.fullmatch(pattern, line)


def account_row(sql: psycopg.Connection) -> tuple[object, int, float]:
    """Lease, failures and seconds of rest of the one account."""
    row = sql.execute(
        "SELECT lease_id, failure_count, extract(epoch FROM resting_until - now())::float FROM worker_accounts"
    ).fetchone()
    assert row is not None
    return row


class Pooler:
    """Stands between a client and PostgreSQL and swallows notifications, as a transaction pooler does."""

    NOTIFICATION = b"A"

    def __init__(self, database_url: str) -> None:
        parts = urlsplit(database_url)
        self._target = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        plain = "sslmode=disable&gssencmode=disable"
        self.url = parts._replace(
            netloc=f"{parts.username}:{parts.password}@127.0.0.1:{self.port}", query=plain
        ).geturl()

    def __enter__(self) -> Pooler:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                threading.Thread(target=self._forward_requests, args=(client, server), daemon=True).start()
                threading.Thread(target=self._forward_answers, args=(server, client), daemon=True).start()

    def _forward_requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _forward_answers(self, server: socket.socket, client: socket.socket) -> None:
        """Messages of the server: one byte of type, four of length, which counts itself."""
        with suppress(OSError, struct.error), closing(client), closing(server), server.makefile("rb") as stream:
            while True:
                header = stream.read(5)
                kind, length = struct.unpack("!ci", header)
                body = stream.read(length - 4)
                if kind != self.NOTIFICATION:
                    client.sendall(header + body)
