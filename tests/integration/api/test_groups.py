"""References, batches and repeated calls over the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.api import api_settings, calling
from tests.support.rows import insert_job

INDEX = {"document_source": "index", "document_number": "2 784 195", "cadastre": "Cadastre du Québec"}
LIST = "/api/extractions"


@pytest.fixture
def client(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    with calling(api_settings(database_url, tmp_path)) as client:
        yield client


class TestGroups:
    def test_list_and_status_are_of_one_reference_or_batch(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        batch = str(uuid4())
        created = client.post(LIST, json={**INDEX, "reference": "Dossier 2026-118"}).json()
        of_batch = insert_job(sql, batch_id=batch)

        def ids(**query: str) -> list[str]:
            return [row["id"] for row in client.get(LIST, params=query).json()["extractions"]]

        assert (created["reference"], created["batch_id"]) == ("Dossier 2026-118", None)
        assert ids(reference="Dossier 2026-118") == [created["id"]]
        assert ids(batch_id=batch) == [str(of_batch)]
        assert ids(batch_id=batch, reference="Dossier 2026-118") == []
        sources = client.get("/api/status", params={"batch_id": batch}).json()["sources"]
        assert {source["source"]: source["waiting"] for source in sources} == {
            "acte": 0, "index": 1, "plan_cadastraux": 0
        }  # fmt: skip

    def test_bad_reference_and_batch_name_their_field(self, client: httpx.Client) -> None:
        long = client.post(LIST, json={**INDEX, "reference": "d" * 201})
        odd = client.get(LIST, params={"batch_id": "spring"})

        assert long.json()["detail"] == "reference has 201 characters: it may have 200 at most."
        assert (long.status_code, long.json()["fields"]) == (422, ["reference"])
        assert (odd.status_code, odd.json()["fields"]) == (422, ["batch_id"])
