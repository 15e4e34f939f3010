"""The calls about rows, over a real database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from extractor.api.access import MAX_BODY_BYTES
from extractor.models import Job, RowId
from extractor.postgres.sql import load_queries
from tests.support.api import api_settings, calling
from tests.support.rows import column, insert_job, record_clicks, statuses

INDEX = {"document_source": "index", "document_number": "2 784 195", "cadastre": "Cadastre du Québec"}


@pytest.fixture
def client(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    with calling(api_settings(database_url, tmp_path)) as client:
        yield client


def listed(client: httpx.Client, **query: str | int) -> list[RowId]:
    answer = client.get("/api/extractions", params=query)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["extractions"]]


def refusal(answer: httpx.Response, status: int, code: str) -> str:
    """The sentence of a problem; fails if its shape or kind is wrong."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem.keys() == {"type", "title", "status", "detail", "code", "fields"}
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), problem
    return str(problem["detail"])


class TestCreate:
    def test_answer_says_where_the_row_is(self, client: httpx.Client) -> None:
        answer = client.post("/api/extractions", json={**INDEX, "priority": 5})

        assert answer.status_code == 201
        created = answer.json()
        assert created.pop("same_as") == []
        assert client.get(answer.headers["location"]).json() == created

    def test_answer_says_that_the_row_will_probably_be_refused(
        self, client: httpx.Client, sql: psycopg.Connection
    ) -> None:
        certain = client.post("/api/extractions", json={**INDEX, "circonscription_fonciere": "Montréal"}).json()
        bad = client.post("/api/extractions", json={**INDEX, "document_number": "227", "cadastre": "Nulle Part"})

        assert (bad.status_code, certain["doubt"]) == (201, None)
        assert bad.json()["doubt"].startswith("will probably be refused, because circonscription_fonciere is missing")
        row = client.get(bad.headers["location"])
        assert row.json()["doubt"] == bad.json()["doubt"]
        assert [one["doubt"] for one in client.get("/api/extractions").json()["extractions"]] == [
            bad.json()["doubt"],
            None,
        ]
        sql.execute("UPDATE extraction_queue SET cadastre = 'Cadastre du Québec'")
        assert client.get(bad.headers["location"]).json()["doubt"] is None

    def test_incomplete_rows_are_refused_in_the_words_of_the_operations(
        self, client: httpx.Client, sql: psycopg.Connection
    ) -> None:
        refused: list[tuple[dict[str, str | None], str]] = [
            ({"document_source": None}, "document_source is missing: it must be acte, index or plan_cadastraux."),
            ({"document_source": "vente"}, "document_source is 'vente': it must be acte, index or plan_cadastraux."),
            ({"document_number": "\u00a0"}, "document_number is missing: give the lot or the inscription number."),
            ({"cadastre": " "}, "cadastre is missing: index needs one, for example Cadastre du Québec."),
            ({"cadastre": "a" * 201}, "cadastre has 201 characters: it may have 200 at most."),
            ({"cadastre": "a\nb"}, "cadastre has a line break or another control character: remove it."),
            (
                {"document_source": "acte"},
                "acte_type is missing: an acte needs one of Acte, Avis d'adresse, Radiation, Acte divers.",
            ),
        ]

        for changes, sentence in refused:
            answer = client.post("/api/extractions", json={**INDEX, **changes})
            assert refusal(answer, 422, "invalid_row") == sentence
            assert answer.json()["fields"] == [sentence.split(maxsplit=1)[0]]
        assert statuses(sql) == {}

    def test_bodies_of_another_shape_name_the_field(self, client: httpx.Client) -> None:
        refused: list[tuple[dict[str, object], str]] = [
            ({"cadaster": "x"}, "cadaster is not a field here."),
            ({"document_number": 2784195}, "document_number: Input should be a valid string."),
            ({"priority": "1"}, "priority: this must be a whole number."),
        ]

        for changes, sentence in refused:
            answer = client.post("/api/extractions", json={**INDEX, **changes})
            assert refusal(answer, 422, "invalid_request").startswith(sentence)
            assert answer.json()["fields"] == [*changes]

    def test_a_body_that_is_no_json_or_too_long_is_refused(self, client: httpx.Client) -> None:
        headers = {"Content-Type": "application/json"}

        broken = client.post("/api/extractions", content="{", headers=headers)
        huge = client.post("/api/extractions", json={**INDEX, "cadastre": "a" * MAX_BODY_BYTES})

        assert refusal(broken, 422, "invalid_request") == "The body is not JSON."
        assert broken.json()["fields"] == []
        refusal(huge, 413, "too_large")


class TestList:
    def test_pages_hold_every_row_once_though_rows_are_added_meanwhile(
        self, client: httpx.Client, sql: psycopg.Connection
    ) -> None:
        moment = datetime.now(UTC)
        # Rows of one INSERT have the same time.
        rows = {insert_job(sql, created_at=moment - timedelta(microseconds=number // 3)) for number in range(10)}
        found: list[RowId] = []
        cursor: str | None = None

        for _ in range(4):
            query: dict[str, str | int] = {"limit": 3, **({"cursor": cursor} if cursor else {})}
            page = client.get("/api/extractions", params=query).json()
            found += [row["id"] for row in page["extractions"]]
            cursor = page["next_cursor"]
            insert_job(sql)

        assert cursor is None
        assert (len(found), set(found)) == (10, rows)

    def test_filters_narrow_each_other(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        day = datetime.now(UTC) - timedelta(days=1)
        wanted = insert_job(sql, status="Erreur", error_code="paper_only", document_number="T 123 456")
        old = insert_job(sql, status="Erreur", error_code="paper_only", created_at=day - timedelta(hours=1))
        plan = insert_job(sql, document_source="plan_cadastraux", status="Erreur", error_code="site_closed")
        waiting = insert_job(sql)

        assert listed(client) == [waiting, plan, wanted, old]
        assert listed(client, document_source="plan_cadastraux") == [plan]
        assert listed(client, status="failed", document_source="index") == [wanted, old]
        assert listed(client, error_code="paper_only", since=day.isoformat()) == [wanted]
        assert listed(client, number="t12 3") == listed(client, number="\u200bT\u00a01") == [wanted]
        assert listed(client, number="%") == []

    def test_filters_that_mean_nothing_are_refused(self, client: httpx.Client) -> None:
        refused: list[dict[str, str | int]] = [
            {"status": "Erreur"},
            {"document_source": "vente"},
            {"limit": 0},
            {"limit": 501},
            {"since": "2026-11-03T14:00:00"},
            {"since": "7"},
            {"cursor": "x"},
            {"statuts": "all"},
        ]

        for query in refused:
            answer = client.get("/api/extractions", params=query)
            refusal(answer, 422, "invalid_request")
            assert answer.json()["fields"] == [*query]

    def test_any_text_in_the_shape_of_a_cursor_is_a_place(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        job_id = insert_job(sql)

        # The latest time is in the future, the earliest is before all rows.
        assert listed(client, cursor=f"{'9' * 18}.{job_id}") == [job_id]
        assert listed(client, cursor=f"{'9' * 18}.no-row.of_any-table") == [job_id]
        assert listed(client, cursor=f"-{'9' * 18}.{job_id}") == []

    def test_page_is_read_along_an_index_where_there_is_one(self, sql: psycopg.Connection) -> None:
        sql.execute("CREATE INDEX listed ON extraction_queue (created_at DESC, id DESC)")
        # For an empty table the planner prefers any other way.
        for way in ("seqscan", "bitmapscan", "sort"):
            sql.execute(f"SET enable_{way} = off")
        names = re.findall(r"%\((\w+)\)s", load_queries("reports.sql")["list_rows"])
        parameters = {**dict.fromkeys(names), "after_created_at": "2026-01-01Z", "after_id": str(uuid4()), "limit": 51}

        plan = sql.execute("EXPLAIN " + load_queries("reports.sql")["list_rows"], parameters).fetchall()

        assert "Index Scan using listed" in str(plan)
        assert "Index Cond: (ROW(created_at, id) <" in str(plan)
        assert "Sort" not in str(plan)


class TestRetry:
    def test_row_at_its_limit_says_what_one_more_costs(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        job_id = insert_job(sql, status="Erreur", error_code="document_timeout")
        for _ in range(2):
            sql.execute(
                "INSERT INTO extraction_attempts (job_id, document_source, worker_id, consultation_at)"
                " VALUES (%s, 'index', 'worker-1', now())",
                [job_id],
            )
            record_clicks(sql)

        refused = client.post(f"/api/extractions/{job_id}/retry")
        allowed = client.post(f"/api/extractions/{job_id}/retry", params={"allow_one_more": True})

        sentence = refusal(refused, 409, "at_limit")
        assert "was consulted 2 of 2 times, each perhaps charged" in sentence
        assert "?allow_one_more=true, which may cost 1,50 $." in sentence
        assert (allowed.json()["status"], allowed.json()["max_consultations"]) == ("En attente", 3)

    def test_rows_that_cannot_be_sent_again_say_why(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        lacking = insert_job(sql, status="Erreur", cadastre=None)
        waiting, missing = insert_job(sql), str(uuid4())

        def retry(job_id: RowId) -> httpx.Response:
            return client.post(f"/api/extractions/{job_id}/retry")

        assert "stays at Erreur: cadastre is missing" in refusal(retry(lacking), 409, "not_possible")
        assert "only a row at Erreur can be sent again" in refusal(retry(waiting), 409, "not_possible")
        assert refusal(retry(missing), 404, "unknown") == f"There is no row {missing} in extraction_queue."


class TestCancel:
    def test_waiting_row_stops_and_says_who_asked(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        named, nameless = insert_job(sql), insert_job(sql)

        first = client.post(f"/api/extractions/{named}/cancel", json={"by": "marie"})
        second = client.post(f"/api/extractions/{nameless}/cancel")

        assert first.json() == {
            "job_id": str(named),
            "at_once": True,
            "is_paid": False,
            "worker_id": None,
            "consultations": 0,
        }
        assert column(sql, named, "error_message") == "Cancelled by marie before its consultation."
        assert second.status_code == 200
        assert column(sql, nameless, "error_message") == "Cancelled by the API before its consultation."

    def test_finished_row_is_not_cancelled(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        job_id = insert_job(sql, status="Complété", supabase_path="index/a.pdf")

        answer = client.post(f"/api/extractions/{job_id}/cancel")

        assert refusal(answer, 409, "not_possible") == f"Row {job_id} is Complété: its document is at index/a.pdf."


class TestReports:
    def test_attempts_show_the_account_masked(self, client: httpx.Client, claim: Callable[..., Job]) -> None:
        job = claim()

        attempts = client.get(f"/api/extractions/{job.id}/attempts")

        assert [(attempt["id"], attempt["account"]) for attempt in attempts.json()] == [(job.attempt_id, "99•••01")]
        assert "99X0001" not in attempts.text

    def test_why_is_one_sentence_and_a_command(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        job_id = insert_job(sql)

        why = client.get(f"/api/extractions/{job_id}/why").json()

        assert (why["reason"], why["command"]) == ("no_bridge", "celery -A tasks bridge")
        assert why["sentence"] == "No bridge is running, so this row reaches no worker."

    @pytest.mark.parametrize(
        "job_id", [str(UUID(int=1)), "1", "row-1", "99999999999999999999", "a b", "é", "a\0b", "\n", "x" * 300]
    )
    def test_rows_that_are_not_there_are_not_found(self, client: httpx.Client, job_id: str) -> None:
        path = f"/api/extractions/{quote(job_id)}"
        answers = [client.get(path + call) for call in ("", "/attempts", "/why", "/document")]
        answers += [client.post(path + call) for call in ("/retry", "/cancel")]

        for answer in answers:
            assert refusal(answer, 404, "unknown") == f"There is no row {job_id} in extraction_queue."

    def test_id_in_capital_letters_is_the_same_uuid(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        job_id = insert_job(sql)
        path = f"/api/extractions/{job_id.upper()}"

        assert {client.get(path).json()["id"], client.get(f"{path}/why").json()["job_id"]} == {job_id}
        assert client.get(f"{path}/attempts").json() == []
        assert client.post(f"{path}/cancel").json()["job_id"] == job_id
        assert client.post(f"{path}/retry").json()["id"] == job_id

    def test_paths_and_methods_that_are_not_there_say_so(self, client: httpx.Client) -> None:
        method = client.delete("/api/extractions")

        assert refusal(client.get("/api/extraction"), 404, "no_such_path").startswith("There is nothing at")
        assert refusal(method, 405, "wrong_method") == "/api/extractions does not take DELETE."
        assert method.headers["allow"] == "GET, POST"
