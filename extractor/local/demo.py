"""`make demo`: one row of each source, from INSERT to PDF, on parts that it starts on this machine."""

from __future__ import annotations

import time
from pathlib import Path

from psycopg.rows import DictRow
from rich.console import Console

from extractor.documents.judge import judge
from extractor.local.accounts import STANDIN_ACCOUNTS
from extractor.local.outside import read_outside
from extractor.local.stack import Stack
from extractor.models import RowId
from extractor.postgres.database import connect
from extractor.words import counted

DEMO_SECONDS = 240.0
POLL_SECONDS = 0.1
# Plain SQL, as a user writes it in the Supabase editor. The places are real, spelt as people spell them, and the
# stand-in invents the documents.
ROWS = """\
INSERT INTO extraction_queue
    (document_source, document_number, circonscription_fonciere, cadastre, acte_type)
VALUES
    ('acte',            '25 616 321', 'Montréal',  NULL,                            'Acte'),
    ('index',           '2 784 195',  'Montreal',  'Cadastre du Quebec',            NULL),
    ('plan_cadastraux', '227',        'Terrebonne', 'Paroisse de Saint-Hippolyte',  NULL)
RETURNING id"""
COLOURS = {"En attente": "yellow", "En traitement": "cyan", "Complété": "green", "Erreur": "red"}


def run_demo(directory: Path, console: Console, *, next_command: str) -> bool:
    """Run the demo and return whether the three documents came; leaves nothing running.

    `next_command` is what a reader types to keep the same system running. Raises KeyboardInterrupt at Ctrl-C.
    """
    started = time.monotonic()
    directory = directory.absolute()

    def say(part: str, what: str) -> None:
        console.print(f"  [bold]{part:<15}[/] {what}", highlight=False, soft_wrap=True)

    console.print("[bold]Starting the system on this machine[/]")
    with Stack(directory, outside=read_outside(), sessions=len(STANDIN_ACCOUNTS), say=say) as stack:
        for name in ("Dashboard", "Flower"):
            say(name, f"{stack.addresses[name]}, until the demo ends")
        console.print(f"\n[bold]Three rows, in plain SQL[/]\n{ROWS};\n", highlight=False, soft_wrap=True)
        done = _watch_rows(stack.database_url, console)
        assert stack.storage_directory is not None
        paths = [stack.storage_directory / path for path in done if path]
        console.print("\n[bold]Documents[/]")
        for path in paths:
            console.print(f"  {path}  ({counted(judge(path).pages or 0, 'page')})", highlight=False, soft_wrap=True)
        console.print()
    succeeded = len(paths) == len(done)
    _conclude(console, stack, time.monotonic() - started if succeeded else None, next_command)
    return succeeded


def _conclude(console: Console, stack: Stack, seconds: float | None, next_command: str) -> None:
    """Say what a reader can do now: everything that the demo started has ended."""
    if seconds is None:
        console.print(f"\n[red]A row did not become Complété.[/] The worker says why in {stack.logs}/worker.log.")
        return
    console.print(
        f"\n[green]Done in {seconds:.0f} s:[/] three documents, and nothing was bought. Everything is stopped again;"
        f" all that it wrote is in {stack.logs.parent}.\n"
        "Next, keep such a system running, with the dashboard and Flower, and try every command on it:\n"
        f"  [bold]{next_command}[/]",
        highlight=False,
        soft_wrap=True,
    )


def _watch_rows(database_url: str, console: Console) -> list[str | None]:
    """Insert the rows and print each change of a status; return the path of each document, None where there is none."""
    with connect(database_url, autocommit=True) as connection:
        started = time.monotonic()
        ids = [str(row["id"]) for row in connection.execute(ROWS)]
        shown: dict[RowId, str] = {}
        while time.monotonic() < started + DEMO_SECONDS:
            rows = connection.execute(
                "SELECT id, document_source, document_number, status, supabase_path, error_message"
                " FROM extraction_queue WHERE id = ANY(%s)",
                [ids],
            ).fetchall()
            for row in rows:
                job_id = str(row["id"])
                if shown.get(job_id) != row["status"]:
                    shown[job_id] = row["status"]
                    _print_change(console, time.monotonic() - started, row)
            if all(status in ("Complété", "Erreur") for status in shown.values()):
                break
            time.sleep(POLL_SECONDS)
        return [row["supabase_path"] if row["status"] == "Complété" else None for row in rows]


def _print_change(console: Console, seconds: float, row: DictRow) -> None:
    source, number, status = row["document_source"], row["document_number"], row["status"]
    detail = row["supabase_path"] or row["error_message"] or ""
    console.print(
        f"  {seconds:5.1f} s  {source:<15} {number:<11} [{COLOURS[status]}]{status:<13}[/] {detail}",
        highlight=False,
        soft_wrap=True,
    )
