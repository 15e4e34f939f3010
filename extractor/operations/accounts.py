"""The accounts as a person keeps them; workers lease them through `extractor/accounts.py`."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from extractor.database import Database, Queries
from extractor.operations.answer import Answer
from extractor.operations.refusals import InvalidRow, NotPossible, Unknown
from extractor.operations.rows import FILE


class ChangedAccount(Answer):
    """An account that was changed; never its password."""

    username: str
    held_by: str | None
    """The worker process that has it leased now."""


def add_account(database: Database, username: str, password: SecretStr) -> ChangedAccount:
    """Insert an account; raises InvalidRow, or NotPossible when there is one of that name."""
    parameters = {"username": _given(username, "username"), "password": _given_password(password)}
    changed = _change(database, "add_account", parameters)
    if not changed:
        raise NotPossible(f"There is an account {username} already: give it a new password instead.")
    return changed[0]


def set_password(database: Database, username: str, password: SecretStr) -> tuple[ChangedAccount, ...]:
    """Write a new password and forget the refusals of the old one; raises Unknown."""
    return _known(database, "set_password", username, {"username": username, "password": _given_password(password)})


def set_active(database: Database, username: str, *, is_active: bool) -> tuple[ChangedAccount, ...]:
    """Enable or disable an account; raises Unknown."""
    return _known(database, "set_active", username, {"username": username, "is_active": is_active})


def reset(database: Database, username: str) -> tuple[ChangedAccount, ...]:
    """Forget an account's refused logins and end its rest; raises Unknown."""
    return _known(database, "reset", username, {"username": username})


def reset_all(database: Database) -> tuple[ChangedAccount, ...]:
    """Forget every account's refused logins and end their rest."""
    return _change(database, "reset", {"username": None})


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


def _given_password(password: SecretStr) -> str:
    """As it was given: a password may begin with a space."""
    secret = password.get_secret_value()
    _given(secret, "password")
    return secret
