"""The API's problems in French: title and sentence; `type`, `code` and `fields` are those of English."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from extractor.api.access import MAX_BODY_BYTES
from extractor.language.sentences import Language
from extractor.postgres.migrate import migrate
from tests.support.api import api_settings, calling
from tests.support.rows import insert_job
from tests.unit.test_sentences import ENGLISH

NO_PERIOD = {"completed_since": "2026-11-30T00:00:00-05:00", "completed_until": "2026-11-01T00:00:00-05:00"}


@pytest.fixture
def client(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    migrate(database_url, language=Language.FRENCH)
    with calling(api_settings(database_url, tmp_path, language="fr")) as client:
        yield client


def test_each_problem_is_french_and_its_code_is_not(client: httpx.Client, sql: psycopg.Connection) -> None:
    failed = insert_job(sql, status="Erreur", error_code="document_timeout", max_consultations=0)
    running = insert_job(sql, status="En traitement", worker_id="worker-1")
    rows, row = "/api/extractions", {"document_source": "index", "document_number": "1"}
    asked = [
        (client.get(f"{rows}/{uuid4()}"), "unknown", []),
        (client.post(rows, json=row), "invalid_row", ["cadastre"]),
        (
            client.post(rows, json={**row, "document_number": "1/2", "cadastre": "X"}),
            "invalid_row",
            ["document_number"],
        ),
        (client.post(rows, json={**row, "priority": "1", "x": 1}), "invalid_request", ["priority", "x"]),
        (client.post(rows, json={**row, "cadastre": ["X"]}), "invalid_request", ["cadastre"]),
        (client.post(rows, content="{", headers={"Content-Type": "application/json"}), "invalid_request", []),
        (client.post("/api/retries", json={}), "invalid_request", []),
        (client.post("/api/cancellations", json={"document_source": "x"}), "invalid_request", ["document_source"]),
        (client.get(rows, params={"status": "x", "limit": 0}), "invalid_request", ["status", "limit"]),
        (client.get(rows, params={"since": "1"}), "invalid_request", ["since"]),
        (client.get(rows, params=NO_PERIOD), "invalid_request", ["completed_until"]),
        (client.get(f"{rows}/archive", params=NO_PERIOD), "invalid_request", ["completed_until"]),
        (client.get(rows, params={"batch_id": "x", "number": "a\nb"}), "invalid_request", ["batch_id", "number"]),
        (client.patch(f"{rows}/{failed}", json={}), "invalid_request", []),
        (client.patch(f"{rows}/{running}", json={"cadastre": "X"}), "not_possible", []),
        (client.post(f"{rows}/{failed}/retry"), "at_limit", []),
        (client.post(f"{rows}/{running}/retry"), "not_possible", []),
        (client.post(f"{rows}/{failed}/cancel"), "not_possible", []),
        (client.get(f"{rows}/{running}/document"), "not_possible", []),
        (client.get("/api/nothing"), "no_such_path", []),
        (client.put(rows), "wrong_method", []),
        (
            client.post(rows, content=b"x" * (MAX_BODY_BYTES + 1), headers={"Content-Type": "application/json"}),
            "too_large",
            [],
        ),
        (client.get("/api/places", params={"circonscription": "Zzz"}), "unknown", []),
        (client.get(rows, headers={"Host": "page.example"}), "foreign_host", []),
        (client.get(rows, headers={"Origin": "http://page.example"}), "foreign_page", []),
    ]

    for answer, code, fields in asked:
        problem = answer.json()
        assert (problem["code"], problem["fields"]) == (code, fields), problem
        assert problem["type"] == f"urn:registre-extractor:{code}"
        for text in (problem["title"], problem["detail"]):
            assert ENGLISH.search(text) is None, text
    assert asked[1][0].json()["detail"] == "cadastre est vide : index en exige un, par exemple Cadastre du Québec."
    details = [answer.json()["detail"] for answer, _, _ in asked]
    assert details[5] == "Le corps n'est pas du JSON."
    assert details[6].startswith("Le corps : nommez au moins un de ces filtres : error_code, document_source,")
    assert details[7] == "document_source : ce doit être 'acte', 'index' ou 'plan_cadastraux'."
    assert details[8].startswith("status : ce doit être 'all', 'queued', 'processing', 'completed' ou 'failed'.")
    assert any("ce qui peut coûter 1,50 $." in detail for detail in details)


@pytest.mark.parametrize("language", [*Language])
def test_row_without_a_document_or_a_code_says_so(
    client: httpx.Client, sql: psycopg.Connection, language: Language
) -> None:
    """By SQL a person may set any status, and an adopted table may have had it."""
    client.headers["Accept-Language"] = language
    rows = "/api/extractions"
    done, failed, dated = (
        insert_job(sql, **columns)
        for columns in (
            {"status": "Complété"},
            {"status": "Erreur"},
            {"status": "Erreur", "completed_at": "2026-01-02 03:04Z"},
        )
    )
    running = insert_job(sql, status="En traitement")
    sentences = [
        client.get(f"{rows}/{done}/why").json()["sentence"],
        client.patch(f"{rows}/{done}", json={"cadastre": "X"}).json()["detail"],
        client.post(f"{rows}/{done}/cancel").json()["detail"],
        client.post(f"{rows}/{done}/retry").json()["detail"],
        client.get(f"{rows}/{failed}/why").json()["sentence"],
        client.get(f"{rows}/{dated}/why").json()["sentence"],
        client.post(f"{rows}/{failed}/cancel").json()["detail"],
        client.patch(f"{rows}/{running}", json={"cadastre": "X"}).json()["detail"],
    ]

    words = ("it has no document", "no error code", "a worker without a name")
    if language is Language.FRENCH:
        words = ("elle n'a pas de document", "aucun code d'erreur", "un worker sans nom")
        assert [said for said in sentences if ENGLISH.search(said)] == []
    assert [said for said in sentences if "None" in said] == []
    assert [sum(word in said for said in sentences) for word in words] == [3, 3, 1]


def test_doubt_and_cancellation_of_a_row_are_french(client: httpx.Client) -> None:
    row = {
        "document_source": "index",
        "document_number": "227",
        "cadastre": "Nulle Part",
        "circonscription_fonciere": "Terrebonne",
    }
    made = client.post("/api/extractions", json=row).json()
    why = client.get(f"/api/extractions/{made['id']}/why").json()
    client.post(f"/api/extractions/{made['id']}/cancel", json={"by": "marie"})
    cancelled = client.get(f"/api/extractions/{made['id']}").json()

    assert made["doubt"].startswith(
        "sera probablement refusée, car cadastre « Nulle Part » n'est pas un cadastre connu"
    )
    assert f"Elle {made['doubt']}. C'est le registre qui décide" in why["sentence"]
    assert cancelled["error_message"] == "Annulée par marie avant sa consultation."


@pytest.mark.parametrize(
    ("asked", "is_french"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", True),
        ("en-US,en;q=0.9,fr;q=0.8", False),
        ("de-DE, fr;q=0.5, en;q=0.4", True),
        ("en;q=0", True),
        ("de", True),
        ("*", True),
        (";;q=x", True),
    ],
)
def test_a_reader_gets_the_language_that_it_asks_for_else_that_of_the_setting(
    client: httpx.Client, sql: psycopg.Connection, asked: str, is_french: bool
) -> None:
    row = insert_job(sql, error_code=None)
    headers = {"Accept-Language": asked}
    why = client.get(f"/api/extractions/{row}/why", headers=headers).json()["sentence"]
    problem = client.get(f"/api/extractions/{uuid4()}", headers=headers).json()
    invalid = client.get("/api/extractions", params={"limit": 0}, headers=headers).json()

    told = [ENGLISH.search(text) is None for text in (why, problem["detail"], problem["title"], invalid["title"])]
    assert told == [is_french] * 4, (why, problem, invalid)


def test_what_is_written_into_a_row_is_in_the_language_of_the_setting(client: httpx.Client) -> None:
    row = {"document_source": "index", "document_number": "227", "cadastre": "Nulle Part"}
    row["circonscription_fonciere"] = "Terrebonne"
    made = client.post("/api/extractions", json=row, headers={"Accept-Language": "en"}).json()
    assert made["doubt"].startswith("sera probablement refusée")
