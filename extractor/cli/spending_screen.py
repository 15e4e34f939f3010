"""`spend`: consultations and dollars, what was perhaps paid twice, and the last clicks with what came of each."""

from __future__ import annotations

from rich.table import Table

from extractor.cli.terminal import add_row, amount, console, new_table, print_csv, say
from extractor.reports import Click, Cost, Costs, PaidTwice, Period, Spending
from extractor.reports.csv_lines import MARK, csv_line
from extractor.reports.report import DELETED
from extractor.words import counted, moment

PERIODS = ("today", "this month", "ever")
COLUMNS = (
    "consultation_at", "job_id", "document_source", "document_number", "reference", "account", "attempt_id",
    "consultation", "what_came", "dollars",
)  # fmt: skip


def print_spending(spending: Spending) -> None:
    """Print the costs per account, per source and in total, then the rows that were perhaps paid twice."""
    table = new_table("", *PERIODS, right=PERIODS)
    for costs in (*spending.by_account, *spending.by_source):
        _add_costs(table, costs)
    _add_costs(table, spending.total, style="bold")
    console.print(table)
    say()
    _print_paid_twice(spending)
    if spending.latest:
        say("\nThe last clicks that may be charged, and what came of each:")
    for click in spending.latest:
        _print_click(click)


def print_period(period: Period) -> None:
    """Print the costs of a period per account, per source and in total."""
    table = new_table("", "consultations", "dollars", right=["consultations", "dollars"])
    for one in (*period.by_account, *period.by_source, period.total):
        style = "bold" if one is period.total else None
        add_row(table, one.name, one.cost.consultations, amount(one.cost.dollars), style=style)
    console.print(table)
    ends = [f"{word} {moment(at)}" for word, at in (("since", period.since), ("until", period.until)) if at]
    say(f"Each consultation {' '.join(ends)} was perhaps charged; --csv prints one per line.")
    if period.pruned.consultations:
        say(
            f"{counted(period.pruned.consultations, 'consultation')} of them are in the sums only: `prune` deleted"
            " their rows."
        )


def print_period_as_csv(period: Period) -> None:
    """Print one line per consultation."""
    print_csv(MARK + csv_line(COLUMNS))
    for one in period.consultations:
        values = one.model_dump(by_alias=True) | {"dollars": amount(one.dollars).removesuffix(" $")}
        print_csv(csv_line(values[column] for column in COLUMNS))


def _print_paid_twice(spending: Spending) -> None:
    if not spending.twice_rows:
        say("No row was consulted twice.")
        return
    say(f"{counted(spending.twice_rows, 'row')} consulted more than once, so perhaps paid twice:")
    for row in spending.twice:
        _print_twice(row)
    if spending.twice_rows > len(spending.twice):
        say(f"… and {counted(spending.twice_rows - len(spending.twice), 'older row')}")


def _print_click(click: Click) -> None:
    account = click.account or DELETED
    say(f"  {moment(click.clicked_at)}  {click.job_id}  {account}  {click.kind}: {click.what_came}")


def _add_costs(table: Table, costs: Costs, style: str | None = None) -> None:
    add_row(table, costs.name, *map(_cost, (costs.today, costs.this_month, costs.ever)), style=style)


def _cost(cost: Cost) -> str:
    return f"{cost.consultations}  {amount(cost.dollars):>10}"


def _print_twice(row: PaidTwice) -> None:
    say(f"  {row.job_id}  {row.source} {row.document_number or '(deleted row)'}")
    for attempt in row.attempts:
        said = f"{attempt.error_code}: {attempt.message}" if attempt.error_code else attempt.outcome or "in progress"
        account = attempt.account or DELETED
        say(f"    attempt {attempt.attempt_id}  {moment(attempt.consultation_at)}  {account}  {said}")
