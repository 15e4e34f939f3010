"""Rows at a stand-in that plays each of its variants: learned requests bring what forms bring, and buy nothing more.

`make odd-sites` plays them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import psycopg
import pytest

from extractor.registry import download, patience
from tests.support.standin_client import StandinClient

from .conftest import LEARNED, PACE, Start, Worker

pytestmark = pytest.mark.broad

HIPPOLYTE: dict[str, object] = {
    "circonscription_fonciere": "Terrebonne",
    "cadastre": "Paroisse de St-Hippolyte",
    "designation_secondaire": "Rang 5 Canton Abercrombie",
}
ACTE: dict[str, object] = {"document_source": "acte", "cadastre": None, "acte_type": "Acte"}
PLAN: dict[str, object] = {"document_source": "plan_cadastraux"}
# The first two of each kind teach; what follows is every ending of the stand-in's numbers that a kind knows.
ROWS: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "index": ({}, ("2784195", "2784196", "2784197", "2784412", "2784413", "2784404", "2784408", "2784198")),
    "old_index": (HIPPOLYTE, ("10A-77", "11A-78", "12A-79", "13A-80", "14-404", "15A-81")),
    "acte": (ACTE, ("25616321", "25616322", "25616323", "25616407", "25616412", "25616405", "25616406", "25616324")),
    "plan": (PLAN, ("2784195", "2784196", "2784197", "2784410", "2784411", "2784412", "2784408", "2784198")),
}
VARIANTS: dict[str, dict[str, object]] = {
    "defaults": {},
    "filled_after": {"cadastre_select": "filled_after", "none_value": "000000", "redirects": 1},
    "empty_until": {"cadastre_select": "empty_until", "acte_postback": True, "plan_order": "oldest_first"},
    "filled_before": {"cadastre_select": "filled_before", "redirects": 4, "plan_order": "shuffled"},
    "latin": {"encoding": "iso-8859-1", "plan_confirmation": False, "inactive_where": "selection"},
    "own_page": {"inactive_where": "own_page", "save_link": "top", "delivery": "inline"},
    "same_form_page": {"inactive_where": "same_form_page", "delivery": "new_window"},
    "intermediate": {"delivery": "intermediate_page", "number_length": 9, "document_belongs_to": "account"},
    "held": {"waiting": "held", "every_document_waits": True, "waiting_seconds": 0.5},
    "charged_and_cut": {"charge_then": "cut", "document_belongs_to": "account"},
    "charged_and_502": {"charge_then": "502", "document_belongs_to": "account"},
    "expires": {"expire_at": "submit", "document_belongs_to": "account"},
    "expires_message": {"expire_at": "submit", "expired": "message", "document_belongs_to": "account"},
    "random": {"random": True, "seed": 7, "waiting_seconds": 0.3, "slow_pages_ms": 0},
    "random_again": {"random": True, "seed": 8, "waiting_seconds": 0.3, "slow_pages_ms": 0},
}
SHORT = replace(PACE, page_timeout=4, document_timeout=6)


def play(worker: Worker, standin: StandinClient, kind: str, variants: dict[str, object]) -> list[tuple[object, ...]]:
    """Do the rows, the first three at a site as it is by default; what became of each, and what it was billed."""
    columns, numbers = ROWS[kind]
    standin.reset()
    if not variants.get("random"):
        standin.set_variants()
    rows = []
    for place, number in enumerate(numbers):
        if place == 3 or (place == 0 and variants.get("random")):
            standin.set_variants(**variants)
        rows.append(worker.do(document_number=number, max_consultations=1, **columns))
        settle(worker, rows[-1])
    billed = Counter(entry.number for entry in standin.consultations())
    assert all(count == 1 for count in billed.values()), billed
    said = "status, error_code, identity, document_number_normalized"
    return [(*worker.row(row, said), billed[str(worker.row(row, said)[3])]) for row in rows]


def settle(worker: Worker, row: str) -> None:
    """Let a row that was given back go again, as the bridge does, a few times."""
    for _ in range(6):
        if worker.row(row)[0] != "En attente":
            return
        worker.sql.execute("UPDATE extraction_queue SET available_at = NULL WHERE id = %s", [row])
        worker.sql.execute("UPDATE source_control SET site_failures = 0, broken_until = NULL, paused = false")
        worker.parts.readiness.seek()
        worker.again(row)


@pytest.mark.parametrize("variants", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("kind", ROWS)
def test_learned_requests_bring_what_forms_bring_and_buy_nothing_more(
    start: Start,
    standin: StandinClient,
    sql: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    variants: dict[str, object],
) -> None:
    monkeypatch.setattr(download, "STALL", 1.0)
    monkeypatch.setattr(patience, "RELOADS", (0.3, 0.5, 2.0))
    outcomes: dict[str, list[tuple[object, ...]]] = {}
    for mode in ("form", "learned"):
        standin.reset()
        worker = start(f"w-{mode}", user_code=f"99X000{len(outcomes)}", pace=SHORT, requests=mode)
        outcomes[mode] = play(worker, standin, kind, variants)
    steps = sql.execute("SELECT count(*) FROM extraction_attempts WHERE steps::text LIKE %s", [f"%{LEARNED}%"])

    assert outcomes["learned"] == outcomes["form"]
    assert variants.get("random") or steps.fetchone() != (0,)
