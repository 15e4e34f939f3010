"""References, batches and repeated calls over the API."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.api import api_settings, calling
from tests.support.rows import insert_job, statuses

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
        assert {source["document_source"]: source["waiting"] for source in sources} == {
            "acte": 0, "index": 1, "plan_cadastraux": 0
        }  # fmt: skip

    def test_bad_reference_and_batch_name_their_field(self, client: httpx.Client) -> None:
        long = client.post(LIST, json={**INDEX, "reference": "d" * 201})
        odd = client.get(LIST, params={"batch_id": "spring"})

        assert long.json()["detail"] == "reference has 201 characters: it may have 200 at most."
        assert (long.status_code, long.json()["fields"]) == (422, ["reference"])
        assert (odd.status_code, odd.json()["fields"]) == (422, ["batch_id"])


class TestIdempotencyKey:
    def test_same_call_again_gets_the_same_row(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        first = client.post(LIST, json=INDEX, headers={"Idempotency-Key": "order 118"})
        sql.execute("UPDATE extraction_queue SET priority = 7")
        again = client.post(LIST, json={**INDEX, "priority": 0}, headers={"Idempotency-Key": '"order 118"'})
        other = client.post(LIST, json=INDEX, headers={"Idempotency-Key": "order 119"})

        assert (first.status_code, again.status_code, other.status_code) == (201, 200, 201)
        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"
        assert again.headers["location"] == first.headers["location"]
        assert (again.json()["id"], again.json()["priority"]) == (first.json()["id"], 7)
        assert other.json()["id"] != first.json()["id"]

    def test_other_body_is_refused_and_inserts_nothing(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        key = {"Idempotency-Key": str(uuid4())}
        first = client.post(LIST, json=INDEX, headers=key)

        refused = client.post(LIST, json={**INDEX, "document_number": "2 784 196"}, headers=key)

        problem = refused.json()
        assert (refused.status_code, problem["code"]) == (422, "key_reused")
        assert problem["detail"].startswith(f"This Idempotency-Key made row {first.json()['id']} with another body")
        assert statuses(sql) == {"En attente": 1}

    def test_refused_row_uses_no_key(self, client: httpx.Client) -> None:
        key = {"Idempotency-Key": "k"}

        refused = client.post(LIST, json={**INDEX, "cadastre": None}, headers=key)

        assert refused.status_code == 422
        assert client.post(LIST, json=INDEX, headers=key).status_code == 201

    def test_calls_at_the_same_moment_make_one_row(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        def post(_: int) -> httpx.Response:
            return client.post(LIST, json=INDEX, headers={"Idempotency-Key": "k"})

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(post, range(8)))

        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert statuses(sql) == {"En attente": 1}

    @pytest.mark.parametrize("key", ["", "k" * 256, "clé".encode("latin-1"), "tab\there"])
    def test_key_that_no_log_can_show_is_refused(self, key: str | bytes, client: httpx.Client) -> None:
        headers = [(b"Idempotency-Key", key.encode() if isinstance(key, str) else key)]

        refused = client.post(LIST, json=INDEX, headers=headers)

        assert (refused.status_code, refused.json()["fields"]) == (422, ["Idempotency-Key"])


class TestSameAs:
    def test_names_rows_that_wait_run_or_were_completed_lately(
        self, client: httpx.Client, sql: psycopg.Connection
    ) -> None:
        same = {"circonscription_fonciere": None}
        done = insert_job(sql, **same, status="Complété", supabase_path="index/a.pdf")
        old = insert_job(sql, **same, status="Complété", supabase_path="index/b.pdf")
        sql.execute("UPDATE extraction_queue SET completed_at = now() - interval '31 days' WHERE id = %s", [old])
        sql.execute("UPDATE extraction_queue SET completed_at = now() WHERE id = %s", [done])
        insert_job(sql, **same, status="Erreur")
        waits, runs = insert_job(sql, **same), insert_job(sql, **same, status="En traitement")
        insert_job(sql, **same, document_number="9")

        created = client.post(LIST, json={**INDEX, "reference": "another dossier"}).json()

        named = [(row["id"], row["status"], row["is_reused"]) for row in created["same_as"]]
        assert named == [
            (str(runs), "En traitement", False),
            (str(waits), "En attente", False),
            (str(done), "Complété", False),
        ]

    def test_says_whether_one_document_serves_both(
        self, database_url: str, sql: psycopg.Connection, tmp_path: Path
    ) -> None:
        for days in (1, 8):
            job_id = insert_job(sql, circonscription_fonciere=None, status="Complété", supabase_path="index/a.pdf")
            sql.execute("UPDATE extraction_queue SET completed_at = now() - %s * interval '1 d' WHERE id = %s",
                        [days, job_id])  # fmt: skip

        with calling(api_settings(database_url, tmp_path, reuse_days=7)) as client:
            created = client.post(LIST, json=INDEX).json()

        assert [row["is_reused"] for row in created["same_as"]] == [True, False]
