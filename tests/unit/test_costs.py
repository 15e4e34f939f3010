"""docs/costs.md names the product's own numbers."""

from __future__ import annotations

from extractor.settings import Settings
from extractor.words import DOLLARS_PER_CONSULTATION, dollars
from tests.support.documents import ROOT

PAGE = (ROOT / "docs/costs.md").read_text()


def limit(name: str) -> tuple[str, str]:
    """What the row of a limit says is its default, and what it costs at most."""
    table = PAGE.partition("## What bounds the cost")[2].partition("\n## ")[0]
    (line,) = (line for line in table.splitlines() if line.startswith("|") and f"`{name}`" in line)
    _, _, default, cost, _ = (cell.strip() for cell in line.split("|"))
    return default, cost


def test_limits_and_their_price_are_those_of_the_settings() -> None:
    fields = Settings.model_fields
    for name in ("max_consultations_per_job", "daily_consultation_limit", "paid_without_document_limit"):
        count = fields[name].default
        default, cost = limit(name.upper())
        assert default.split(";")[0].split(",")[0] == str(count)
        assert cost.startswith(f"{dollars(count):.2f}".replace(".", ",").removesuffix(",00") + " $")
    assert f"{fields['import_confirm_dollars'].default} $" in limit("IMPORT_CONFIRM_DOLLARS")[0]
    assert limit("REUSE_DAYS")[0].startswith(f"{fields['reuse_days'].default}:")
    assert fields["pace_seconds"].default == 1
    assert "At least one second lies between two actions" in PAGE


def test_table_of_documents_is_reckoned_with_the_price() -> None:
    a_day = Settings.model_fields["daily_consultation_limit"].default
    days = {1: "one day", 2: "two days", 10: "ten days"}
    for count in (20, 200, 1000):
        cost = f"{count * DOLLARS_PER_CONSULTATION:,.0f} $"
        assert f"| {count:,} | {cost} | {days[-(-count // a_day)]}" in PAGE
