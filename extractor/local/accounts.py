"""The accounts of the stand-in, and the key that seals every password of an embedded database."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from pydantic import SecretStr

from extractor.local.home import write_private
from extractor.operations.account_keeping import seal_all
from extractor.postgres.database import Database, connect
from extractor.postgres.sealing import Keyring, new_key

# Invented, of the registry's form; the stand-in takes any such code with this password.
STANDIN_ACCOUNTS = ("99X0001", "99X0002")
STANDIN_PASSWORD = "standin"  # noqa: S105 -- opens nothing but the stand-in


def accounts_key(file: Path, named: str | None) -> str:
    """The value of ACCOUNTS_KEY: the keys that are named, then the one of the file, which is made once.

    The key lies beside the database that it seals, so that one directory holds all that a next start needs.
    """
    if not file.exists():
        write_private(file, new_key().get_secret_value())
    return ",".join([*([named] if named else []), file.read_text().strip()])


def seed_accounts(database_url: str, key: str) -> None:
    """Give the stand-in's accounts to a database that has none, and seal every password; never change another one."""
    with connect(database_url) as connection:
        if connection.execute("SELECT FROM worker_accounts LIMIT 1").rowcount == 0:
            for username in STANDIN_ACCOUNTS:
                connection.execute(
                    "INSERT INTO worker_accounts (username, password) VALUES (%s, %s)", [username, STANDIN_PASSWORD]
                )
    keyring = Keyring(*(SecretStr(one.strip()) for one in key.split(",")))
    with closing(Database(database_url, max_connections=1)) as database:
        seal_all(database, keyring=keyring)
