"""Which rows a filter means, in the list and in its count."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from extractor import reports
from extractor.models import Source, Status
from extractor.postgres.database import Database
from extractor.postgres.sql import load_queries
from extractor.reports import Filter
from tests.support.rows import insert_job

BATCH = UUID(int=7)
PAIR = ("list_rows", "count_rows")
ROWS: dict[str, dict[str, object]] = {
    "index": {"circonscription_fonciere": "Montréal", "reference": "Dossier 2026-118"},
    "plan": {
        "document_source": "plan_cadastraux",
        "document_number": "227",
        "circonscription_fonciere": "Terrebonne",
        "cadastre": "Paroisse de Saint-Hippolyte",
        "batch_id": BATCH,
        "status": "Complété",
        "completed_at": "2026-11-03T12:00:00Z",
    },
    "acte": {
        "document_source": "acte",
        "document_number": "25 616 321",
        "circonscription_fonciere": "Québec",
        "cadastre": None,
        "acte_type": "Avis d'adresse",
        "status": "Erreur",
        "error_code": "paper_only",
        "completed_at": "2026-11-03T12:00:00Z",
    },
}

FILTERS: list[tuple[Filter, set[str]]] = [
    (Filter(), {"index", "plan", "acte"}),
    (Filter(status=Status.FAILED), {"acte"}),
    (Filter(source=Source.INDEX), {"index"}),
    (Filter(error_code="paper_only"), {"acte"}),
    (Filter(batch_id=str(BATCH)), {"plan"}),
    (Filter(reference="Dossier 2026-118"), {"index"}),
    (Filter(number="784 1"), {"index"}),
    # The row at Erreur ended at the same moment, and was never completed.
    (Filter.model_validate({"completed_since": "2026-11-03T12:00:00Z"}), {"plan"}),
    (Filter.model_validate({"completed_since": "2026-11-03T12:00:01Z"}), set()),
    (Filter.model_validate({"completed_until": "2026-11-03T12:00:00Z"}), set()),
    (Filter.model_validate({"completed_until": "2026-11-03T12:00:01Z"}), {"plan"}),
    (Filter.model_validate({"status": "Erreur", "completed_since": "2026-01-01T00:00:00Z"}), set()),
    (Filter(search="2 784 195"), {"index"}),
    (Filter(search="2\u00a0784\u202f195 MONTREAL"), {"index"}),
    (Filter(search="st-hippolyte"), set()),
    (Filter(search="saint-hippolyte 227"), {"plan"}),
    (Filter(search="hippolyte  Terrebonne"), {"plan"}),
    (Filter(search="dossier 2026-118"), {"index"}),
    (Filter(search="avis d’adresse"), {"acte"}),
    (Filter(search="quebec"), {"index", "acte"}),
    (Filter(search="quebec montreal terrebonne"), set()),
    (Filter(search="l|M"), set()),
    (Filter(search="—"), set()),
]


@pytest.fixture
def names(sql: psycopg.Connection) -> dict[str, str]:
    """The rows by their ids."""
    return {insert_job(sql, **columns): name for name, columns in ROWS.items()}


def test_list_and_count_mean_the_same_rows(database: Database, names: dict[str, str]) -> None:
    for chosen, expected in FILTERS:
        found = [names[row.id] for row in reports.list_rows(database, chosen, limit=10)]

        assert set(found) == expected, chosen
        assert len(found) == len(expected) == reports.count_rows(database, chosen)
        assert found == [names[row.id] for row in reports.every_row(database, chosen)]


def test_every_row_reads_on_past_a_page(
    database: Database, sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extractor.reports.extractions.PAGE_ROWS", 2)
    ids = [insert_job(sql, created_at=f"2026-01-0{day}") for day in range(1, 6)]

    assert [row.id for row in reports.every_row(database, Filter())] == ids[::-1]


def test_both_statements_have_the_same_filters() -> None:
    queries = load_queries("reports.sql")
    of_list, of_count = (queries[name].partition("FROM public.extraction_queue q")[2] for name in PAIR)

    assert of_list.partition("  AND (%(after_created_at)s")[0].strip() == of_count.partition(")\nEND")[0].strip()
