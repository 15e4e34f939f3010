"""The commands about accounts: `check-accounts`, `accounts …`. A password is never an argument, and never printed."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated

import typer
from pydantic import SecretStr

from extractor import operations, reports
from extractor.cli.completion import accounts as known_accounts
from extractor.cli.connection import open_database
from extractor.cli.failures import CommandFailed
from extractor.cli.terminal import add_row, console, new_table, note, print_json_list, say
from extractor.operations import ChangedAccount
from extractor.operations.account_keeping import seal_all
from extractor.postgres import sealing
from extractor.postgres.sealing import SEAL_ALL, Keyring
from extractor.postgres.viewpoint import Viewpoint
from extractor.reports import AccountReport
from extractor.settings import load_settings
from extractor.words import clock

accounts_app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Add, list and keep the accounts of the registry."
)

Username = Annotated[
    str, typer.Argument(metavar="USERNAME", autocompletion=known_accounts, help="The user code.", show_default=False)
]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def check_accounts() -> None:
    """List the accounts as the earlier system did, each with its lease or its rest."""
    with open_database() as database:
        accounts = reports.accounts(database, Viewpoint.of(load_settings()))
    say(f"[INFO] Worker accounts in database: {len(accounts)}")
    for number, account in enumerate(accounts, start=1):
        active = str(account.is_active).lower()
        counts = f"is_active={active}, failure_count={account.failure_count}"
        say(f"[INFO] Account {number}: username={account.username}, {counts}{_lease_and_rest(account)}")


@accounts_app.command("list")
def list_accounts(as_json: Annotated[bool, typer.Option("--json", help="Print the same as JSON.")] = False) -> None:
    """Show every account, its condition, and what the last refused login said."""
    with open_database() as database:
        accounts = reports.accounts(database, Viewpoint.of(load_settings()))
    if as_json:
        print_json_list(accounts)
        return
    table = new_table("username", "condition", "refused", "held by", "last error", right=["refused"])
    for account in accounts:
        condition = f"{account.condition}{_until(account)}"
        add_row(table, account.username, condition, account.failure_count, account.leased_by, account.last_error)
    console.print(table)


@accounts_app.command()
def add(username: Username, password_stdin: FromStdin = False) -> None:
    """Add an account; its password is asked for, hidden."""
    password = _password(password_stdin)
    with open_database() as database:
        account = operations.add_account(database, username, password, keyring=_keyring())
    say(f"{account.username} is added; a worker without an account takes it within seconds.")
    _warn_of_plain_password()


@accounts_app.command()
def password(username: Username, password_stdin: FromStdin = False) -> None:
    """Write a new password and forget the refusals of the old one."""
    new = _password(password_stdin)
    with open_database() as database:
        _say_changed(operations.set_password(database, username, new, keyring=_keyring()), "has a new password")
    _warn_of_plain_password()


@accounts_app.command()
def disable(username: Username) -> None:
    """Let no worker take the account any more."""
    with open_database() as database:
        changed = operations.set_active(database, username, is_active=False)
    _say_changed(changed, "is disabled", held="finishes what is paid, then logs out")


@accounts_app.command()
def enable(username: Username) -> None:
    """Let workers take the account again."""
    with open_database() as database:
        _say_changed(operations.set_active(database, username, is_active=True), "is enabled")


@accounts_app.command()
def remove(
    username: Username,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without a question.")] = False,
) -> None:
    """Delete an account with its password; what it consulted stays recorded."""
    with open_database() as database:
        if not yes:
            _ask(f"Delete {username} and its password? `disable` would keep both.")
        changed = operations.remove_account(database, username)
        _say_changed(changed, "is removed", held="finishes what is paid, then logs out")
        if not reports.accounts(database, Viewpoint.of(load_settings())):
            say("No account is left, so every row waits until one is added.")


@accounts_app.command()
def reset(
    username: Annotated[
        str | None, typer.Argument(metavar="[USERNAME]", autocompletion=known_accounts, show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every account.")] = False,
) -> None:
    """Forget refused logins and end the rest that they earned."""
    if every == (username is not None):
        raise typer.BadParameter("Name one account, or say --all.")
    with open_database() as database:
        changed = operations.reset(database, username) if username else operations.reset_all(database)
    _say_changed(changed, "is reset: no refused logins, no rest")


@accounts_app.command()
def seal() -> None:
    """Seal every stored password with the first key of ACCOUNTS_KEY; run again, it changes nothing."""
    with open_database() as database:
        result = seal_all(database, keyring=_keyring())
    say(f"Sealed now: {result.sealed}. Sealed by the first key already: {result.unchanged}.")
    if result.unopened:
        raise CommandFailed(
            f"No key of ACCOUNTS_KEY opens the password of {', '.join(result.unopened)}: add the key that sealed it,"
            " or write the password again (`extractor accounts password`)."
        )


@accounts_app.command("new-key")
def new_key() -> None:
    """Print a new key for ACCOUNTS_KEY; keep a copy elsewhere, because no other key opens what it seals."""
    sys.stdout.write(f"{sealing.new_key().get_secret_value()}\n")


def _keyring() -> Keyring:
    return Keyring.of(load_settings())


def _warn_of_plain_password() -> None:
    if not _keyring():
        lies = "The password lies in worker_accounts as it is, for whoever reads the table or a backup"
        note(f"Warning: {lies}: {SEAL_ALL}.", fg="yellow")


def _password(from_stdin: bool) -> SecretStr:
    if from_stdin:
        return SecretStr(sys.stdin.readline().rstrip("\r\n"))
    if not sys.stdin.isatty():
        raise CommandFailed("There is no terminal to ask for the password on: use --password-stdin.")
    return SecretStr(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _ask(question: str) -> None:
    """Raise CommandFailed unless a person agrees; without a terminal nobody can."""
    if not sys.stdin.isatty():
        raise CommandFailed("There is no terminal to ask on: add --yes.")
    if not typer.confirm(question):
        raise CommandFailed("Nothing was changed.")


def _say_changed(accounts: Iterable[ChangedAccount], what: str, held: str | None = None) -> None:
    for account in accounts:
        holder = f"; {account.held_by} {held}" if held and account.held_by else ""
        say(f"{account.username} {what}{holder}.")


def _lease_and_rest(account: AccountReport) -> str:
    parts = ""
    if account.leased_by and account.lease_expires_at:
        parts += f", leased by {account.leased_by} until {clock(account.lease_expires_at)}"
    if account.resting_until:
        parts += f", resting until {clock(account.resting_until)}"
    return parts


def _until(account: AccountReport) -> str:
    return f" until {clock(account.resting_until)}" if account.resting_until else ""
