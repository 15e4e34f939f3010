"""The command `extractor`: every command is a few lines over a module that does the work.

`extractor --help` reads this table only. A command's module is imported when the command is called. The sentence here
is the first of the command's docstring; a test compares them.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

import typer

from extractor.cli.failures import EXIT_CODES, Sentences
from extractor.cli.lazy import LazyCommand, help_mode, help_width
from extractor.cli.plain_letters import use_plain_letters
from extractor.cli.terminal import say

ROWS, ACCOUNTS, SYSTEM = "Rows", "Accounts", "System"

# fmt: off
COMMANDS = (
    LazyCommand("add", "extractor.cli.rows:add", ROWS,
                "Add one row and print its id; the document may cost a consultation."),
    LazyCommand("import", "extractor.cli.importing:import_file", ROWS,
                "Add every row of a CSV file or a workbook, or none."),
    LazyCommand("examples", "extractor.cli.rows:examples", ROWS,
                "Add three test rows, one of each source, and print their ids;"
                " at the real site each costs a consultation."),
    LazyCommand("list", "extractor.cli.listing:list_rows", ROWS,
                "List rows, the latest first: those that fit every filter."),
    LazyCommand("download", "extractor.cli.downloading:download", ROWS,
                "Bring the documents of completed rows to this machine, with an index; run again, it goes on."),
    LazyCommand("status", "extractor.cli.reports:status", ROWS,
                "Show the backlog, who works, what is paused or broken, and what today cost."),
    LazyCommand("watch", "extractor.cli.watching:watch", ROWS,
                "Watch the backlog with its progress and rate, until Ctrl-C."),
    LazyCommand("show", "extractor.cli.reports:show", ROWS,
                "Show a row with every attempt: worker, account, times, steps, error, evidence."),
    LazyCommand("why", "extractor.cli.reports:why", ROWS,
                "Say why a row is not running, or what to do about one that stopped, and the command that helps."),
    LazyCommand("places", "extractor.cli.reports:places", ROWS,
                "List the circonscriptions, or the cadastres of one, as far as they are known here."),
    LazyCommand("retry", "extractor.cli.retrying:retry", ROWS,
                "Send rows at Erreur again: one by its id, or all that fit the filters."),
    LazyCommand("edit", "extractor.cli.editing:edit", ROWS,
                "Correct what a row asks for, and send it again; what was paid stays counted."),
    LazyCommand("cancel", "extractor.cli.rows:cancel", ROWS,
                "Stop a row, or all of a batch: at once while it waits, before its consultation while it runs."),
    LazyCommand("pause", "extractor.cli.sources:pause", ROWS,
                "Let a source's rows wait until `resume`; running rows finish."),
    LazyCommand("resume", "extractor.cli.sources:resume", ROWS,
                "Let a paused source's rows go again."),
    LazyCommand("spend", "extractor.cli.spending:spend", ROWS,
                "Show consultations and dollars, and what was perhaps paid twice."),

    LazyCommand("check-accounts", "extractor.cli.accounts:check_accounts", ACCOUNTS,
                "List the accounts as the earlier system did, each with its lease or its rest."),
    LazyCommand("accounts", "extractor.cli.accounts:accounts_app", ACCOUNTS,
                "Add, list and keep the accounts of the registry."),

    LazyCommand("setup", "extractor.cli.doctor:setup", SYSTEM,
                "Make a project ready: the tables and three private buckets; run again, it changes nothing."),
    LazyCommand("migrate", "extractor.cli.migrations:migrate", SYSTEM,
                "Create or complete the tables in DATABASE_URL; run again, it changes nothing."),
    LazyCommand("doctor", "extractor.cli.doctor:doctor", SYSTEM,
                "Check every part and say what to do; spends nothing, and exits with 1 unless everything is ok."),
    LazyCommand("prune", "extractor.cli.pruning:prune", SYSTEM,
                "Delete rows that ended long ago, with their attempts and clicks; what they cost stays in every sum."),
    LazyCommand("healthcheck", "extractor.cli.health:healthcheck", SYSTEM,
                "Say whether this host's own worker or bridge is fit for work; exits with 1 when not."),
    LazyCommand("workers", "extractor.cli.reports:workers", SYSTEM,
                "Show every worker process: its state, its account, its row."),
    LazyCommand("api", "extractor.cli.serving:api", SYSTEM,
                "Serve the dashboard and the HTTP API (/docs) until Ctrl-C. Off loopback it needs API_KEY."),
    LazyCommand("up", "extractor.cli.local:up", SYSTEM,
                "Run everything until Ctrl-C; .env and the environment replace the embedded parts, one by one."),
    LazyCommand("demo", "extractor.cli.local:demo", SYSTEM,
                "Fetch one document of each source from the stand-in site, on embedded servers."),
    LazyCommand("standin", "extractor.cli.standin:standin_app", SYSTEM,
                "Run the stand-in for the registry's site; --help lists its options."),
)
# fmt: on


class Extractor(Sentences):
    """The group of all commands."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for command in COMMANDS:
            self.add_command(command)


app = typer.Typer(
    name="extractor",
    cls=Extractor,
    help="Fetches documents of the Registre foncier du Québec for the rows of a Supabase table.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=help_mode(),
    context_settings=help_width(),
)


def _print_version(asked: bool) -> None:
    if asked:
        say(f"registre-extractor {version('registre-extractor')}")
        raise typer.Exit


@app.callback()
def extractor(
    _: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Make `app` a group: typer itself knows no command, `Extractor` adds them."""


def main() -> None:
    """Run the command line; `failures.py` turns errors into exit codes."""
    use_plain_letters()
    app()
