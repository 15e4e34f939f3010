"""The command `extractor`: thin; every command is a few lines over a module that does the work.

What a command needs is imported inside it: `extractor --help` and the first line of every answer should not wait
for what others need.
"""

from __future__ import annotations

import typer

from extractor.cli import accounts, reading, retrying, rows, serving, sources, system, watching
from extractor.cli.failures import EXIT_CODES, Sentences

app = typer.Typer(
    name="extractor",
    cls=Sentences,
    help="Fetches documents of the Registre foncier du Québec for the rows of a Supabase table.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

ROWS, ACCOUNTS, SYSTEM = "Rows", "Accounts", "System"

app.command(rich_help_panel=ROWS)(rows.add)
app.command("import", rich_help_panel=ROWS)(rows.import_file)
app.command(rich_help_panel=ROWS)(rows.examples)
app.command(rich_help_panel=ROWS)(reading.status)
app.command(rich_help_panel=ROWS)(watching.watch)
app.command(rich_help_panel=ROWS)(reading.show)
app.command(rich_help_panel=ROWS)(reading.why)
app.command(rich_help_panel=ROWS)(retrying.retry)
app.command(rich_help_panel=ROWS)(rows.cancel)
app.command(rich_help_panel=ROWS)(sources.pause)
app.command(rich_help_panel=ROWS)(sources.resume)
app.command(rich_help_panel=ROWS)(reading.spend)

app.add_typer(accounts.accounts_app, name="accounts", rich_help_panel=ACCOUNTS)
app.command(rich_help_panel=ACCOUNTS)(accounts.check_accounts)

app.command(rich_help_panel=SYSTEM)(system.setup)
app.command(rich_help_panel=SYSTEM)(system.migrate)
app.command(rich_help_panel=SYSTEM)(system.doctor)
app.command(rich_help_panel=SYSTEM)(system.healthcheck)
app.command(rich_help_panel=SYSTEM)(reading.workers)
app.command(rich_help_panel=SYSTEM)(serving.api)
app.command(rich_help_panel=SYSTEM)(system.up)
app.command(rich_help_panel=SYSTEM)(system.demo)
app.command(
    rich_help_panel=SYSTEM,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)(system.standin)


def main() -> None:
    """Run the command line; `failures.py` says how it ends."""
    app()
