"""Blanks make no lots: a number that may be two is refused at INSERT, by every way in, with one sentence."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from extractor.matching.numbers import compact
from extractor.operations import InvalidFile, InvalidRow, NewRow, add, import_rows
from extractor.postgres.database import Database
from tests.support.locales import in_each_locale
from tests.support.rows import column, insert_job

ROOT = Path(__file__).parents[3]
ONE = {
    "2 784 195": "2784195",
    "2\u00a0784\u202f195": "2784195",
    "\u200b2784195\ufeff": "2784195",
    "\t2784195\r\n": "2784195",
    "53 850": "53850",
    "T 14 454 660": "T14454660",
    "t14\u2009454\u2009660": "t14454660",
    "24 A": "24A",
    "10A-77": "10A-77",
    "399-184": "399-184",
    "1 358-176": "1358-176",
    "227 Ptie": "227Ptie",
}
TWO = (
    *("12 13", "227\t228", "12\u00a013", "227 228 12", "2784 195", "12345 678 901", "399-184 185", "24 A 25"),
    *("399- 184", "2  784 195", "5 25 616 321", "227 et 228", "2 784 195 2 784 196", "227 - 228", "lot 227"),
)


@in_each_locale
class TestNumber:
    def test_of_one_is_taken_without_its_blanks(self, sql: psycopg.Connection) -> None:
        for number, normalized in ONE.items():
            job = insert_job(sql, document_number=number)
            assert column(sql, job, "document_number_normalized") == normalized

    def test_of_two_is_refused_with_what_was_read(self, sql: psycopg.Connection) -> None:
        for number in TWO:
            with pytest.raises(psycopg.errors.CheckViolation, match=r"document_number reads as '.*', which may be two"):
                insert_job(sql, document_number=number)

        with pytest.raises(psycopg.errors.CheckViolation, match="reads as '12 13', which"):
            insert_job(sql, document_number=" 12 13\n")
        with pytest.raises(psycopg.errors.CheckViolation, match="reads as '227<tab>228', which"):
            insert_job(sql, document_number="227\t228")

    def test_is_compared_in_python_as_in_the_table(self, sql: psycopg.Connection) -> None:
        for number in (*ONE, *TWO):
            found = sql.execute("SELECT upper(extraction_queue_normalized(%s))", [number]).fetchone()
            assert found == (compact(number),)


def test_two_numbers_are_two_requests_from_one(sql: psycopg.Connection) -> None:
    bad = insert_job(sql, document_number="12 13", status="Erreur")

    assert column(sql, bad, "request_key") != column(sql, insert_job(sql, document_number="1213"), "request_key")


def test_every_way_in_says_the_same(sql: psycopg.Connection, database: Database, tmp_path: Path) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as by_sql:
        insert_job(sql, document_number="12 13")
    with pytest.raises(InvalidRow) as by_add:
        add(database, NewRow(document_source="index", document_number="12 13", cadastre="Cadastre du Québec"))
    path = tmp_path / "rows.csv"
    path.write_text("document_source,document_number,cadastre\nindex,12 13,Cadastre du Québec\n")
    with pytest.raises(InvalidFile) as by_file, path.open("rb") as file:
        import_rows(database, file)

    sentence = by_sql.value.diag.message_primary
    assert str(by_add.value) == f"{sentence}."
    assert [problem.sentence for problem in by_file.value.problems] == [sentence]


def test_a_row_that_waited_before_the_rule_is_at_erreur_with_the_reason(sql: psycopg.Connection) -> None:
    good, done = insert_job(sql), insert_job(sql, status="Complété")
    sql.execute("ALTER TABLE extraction_queue DROP CONSTRAINT extraction_queue_can_be_asked")
    sql.execute("ALTER TABLE extraction_queue DISABLE TRIGGER USER")
    bad = insert_job(sql, document_number="12 13", document_number_normalized="1213")
    sql.execute("ALTER TABLE extraction_queue ENABLE TRIGGER USER")

    sql.execute(next(ROOT.glob("migrations/*_judgements.sql")).read_text())

    assert column(sql, bad, "(status, error_code, document_number_normalized)") == (
        "Erreur",
        "invalid_request",
        "12 13",
    )
    assert "reads as '12 13'" in str(column(sql, bad, "error_message"))
    assert (column(sql, good, "status"), column(sql, done, "status")) == ("En attente", "Complété")
