"""The accounts as a person keeps them; workers lease them through `extractor/postgres/accounts.py`."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from extractor.errors import PasswordSealed
from extractor.models import Frozen
from extractor.operations.refusals import InvalidRow, NotPossible, Unknown
from extractor.operations.rows import FILE
from extractor.postgres.accounts import FILE as LEASES
from extractor.postgres.accounts import seal
from extractor.postgres.database import Database
from extractor.postgres.sealing import NEW_KEY, Keyring
from extractor.postgres.sql import Queries


class ChangedAccount(Frozen):
    """An account that was changed; never its password."""

    username: str
    held_by: str | None
    """The worker process that has it leased now."""


class Sealed(Frozen):
    """What became of the stored passwords."""

    sealed: int
    unchanged: int
    """Sealed by the first key already."""
    unopened: tuple[str, ...]
    """User codes whose seal no key here opens; nothing of them was changed."""


def add_account(database: Database, username: str, password: SecretStr, *, keyring: Keyring) -> ChangedAccount:
    """Insert an account; raises InvalidRow, or NotPossible when there is one of that name or the table is open."""
    _refuse_open_table(database)
    parameters = {"username": _given(username, "username"), "password": keyring.seal(_given_password(password))}
    changed = _change(database, "add_account", parameters)
    if not changed:
        raise NotPossible(f"There is an account {username} already: give it a new password instead.")
    return changed[0]


def set_password(
    database: Database, username: str, password: SecretStr, *, keyring: Keyring
) -> tuple[ChangedAccount, ...]:
    """Write a new password and forget the refusals of the old one; raises Unknown, NotPossible as `add_account`."""
    _refuse_open_table(database)
    stored = keyring.seal(_given_password(password))
    return _known(database, "set_password", username, {"username": username, "password": stored})


def seal_all(database: Database, *, keyring: Keyring) -> Sealed:
    """Seal every password with the first key, also those of another key; raises NotPossible without one.

    One transaction: a crash leaves every password as it was. Workers that hold an account notice nothing.
    """
    if not keyring:
        raise NotPossible(f"ACCOUNTS_KEY is empty: {NEW_KEY}.")
    queries = Queries(database, LEASES)
    sealed, unopened = 0, []
    with database.transaction() as connection:
        rows = queries.records("passwords", {}, connection=connection)
        for row in rows:
            try:
                password = keyring.open(row["password"])
            except PasswordSealed:
                unopened.append(row["username"])
                continue
            if keyring.needs_sealing(row["password"]):
                seal(queries, connection, row["id"], keyring.seal(password))
                sealed += 1
    return Sealed(sealed=sealed, unchanged=len(rows) - sealed - len(unopened), unopened=tuple(unopened))


def set_active(database: Database, username: str, *, is_active: bool) -> tuple[ChangedAccount, ...]:
    """Enable or disable an account; raises Unknown."""
    return _known(database, "set_active", username, {"username": username, "is_active": is_active})


def remove_account(database: Database, username: str) -> tuple[ChangedAccount, ...]:
    """Delete an account with its password; raises Unknown. A worker that holds it finishes what is paid.

    What it consulted stays recorded: `extractor spend` names a deleted account `(deleted 1f3870be)`, by its id.
    """
    return _known(database, "remove_account", username, {"username": username})


def reset(database: Database, username: str) -> tuple[ChangedAccount, ...]:
    """Forget an account's refused logins and end its rest; raises Unknown."""
    return _known(database, "reset", username, {"username": username})


def reset_all(database: Database) -> tuple[ChangedAccount, ...]:
    """Forget every account's refused logins and end their rest."""
    return _change(database, "reset", {"username": None})


def _refuse_open_table(database: Database) -> None:
    """No password goes where a front end's key could read it; sealed or not, its user code is in clear text."""
    found = Queries(database, FILE).records("accounts_openings", {})[0]
    cures = [f"REVOKE ALL ON worker_accounts FROM {found['readers']};"] if found["readers"] else []
    if not found["is_protected"]:
        cures.append("ALTER TABLE worker_accounts ENABLE ROW LEVEL SECURITY;")
    if cures:
        how = f"can be read by {found['readers']}" if found["readers"] else "has no row level security"
        raise NotPossible(f"worker_accounts {how}, so the password was not written. First run: {' '.join(cures)}")


def _known(
    database: Database, query: str, username: str, parameters: Mapping[str, object]
) -> tuple[ChangedAccount, ...]:
    changed = _change(database, query, parameters)
    if not changed:
        raise Unknown(f"There is no account {username} in worker_accounts.")
    return changed


def _change(database: Database, query: str, parameters: Mapping[str, object]) -> tuple[ChangedAccount, ...]:
    changed = [ChangedAccount(**row) for row in Queries(database, FILE).records(query, parameters)]
    return tuple(sorted(changed, key=lambda account: account.username))


def _given(text: str, name: str) -> str:
    if not text.strip():
        raise InvalidRow(f"The {name} is empty.")
    return text.strip()


def _given_password(password: SecretStr) -> SecretStr:
    """As it was given: a password may begin with a space."""
    _given(password.get_secret_value(), "password")
    return password
