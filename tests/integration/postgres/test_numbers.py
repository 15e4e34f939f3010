"""A number is read in every form that can be nothing else; any other is refused at INSERT, with what was read."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import psycopg
import pytest

from extractor.matching.emptiness import EMPTY_WORDS, is_empty
from extractor.matching.numbers import compact
from extractor.operations import InvalidFile, InvalidRow, NewRow, add, import_rows
from extractor.postgres.database import Database
from tests.support.locales import in_each_locale
from tests.support.rows import column, insert_job

ROOT = Path(__file__).parents[3]
ONE = {
    # blanks
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
    # other separators of thousands
    "2.784.195": "2784195",
    "2,784,195": "2784195",
    "25.616.334": "25616334",
    "2'784'195": "2784195",
    "2\u2019784\u2019195": "2784195",
    "53'850": "53850",
    "2_784_195": "2784195",
    "2\u00b7784\u00b7195": "2784195",
    "T14.454.660": "T14454660",
    # what a spreadsheet makes of a number
    "2784195.0": "2784195",
    "2784195,00": "2784195",
    "2784195.000": "2784195",
    "227.0": "227",
    "2.784.195,00": "2784195",
    "2,784,195.00": "2784195",
    "2'784'195.0": "2784195",
    "2 784 195,0": "2784195",
    '="2784195"': "2784195",
    '="2 784 195"': "2784195",
    "=2784195": "2784195",
    "'2784195": "2784195",
    '"2784195"': "2784195",
    "« 2 784 195 »": "2784195",
    "2,784195E+06": "2784195",
    "2.784195E+06": "2784195",
    "2.784195e6": "2784195",
    "2.5616334E+07": "25616334",
    # dashes and digits of other keyboards
    "399\u2010184": "399-184",
    "399\u2011184": "399-184",
    "399\u2012184": "399-184",
    "399\u2013184": "399-184",
    "399\u2014184": "399-184",
    "399\u2015184": "399-184",
    "399\u2212184": "399-184",
    "399\u00ad184": "399-184",
    "399\uff0d184": "399-184",
    "\uff12\uff17\uff18\uff14\uff11\uff19\uff15": "2784195",
    # words before it, and the end of a sentence behind it
    "Lot 2 784 195": "2784195",
    "lot: 227": "227",
    "LOT NO 227": "227",
    "lots 399-184": "399-184",
    "no 25 616 334": "25616334",
    "No. 25 616 334": "25616334",
    "N° 25616334": "25616334",
    "nº25616334": "25616334",
    "numéro 25 616 334": "25616334",
    "NUMÉRO 227": "227",
    "# 227": "227",
    "№ 25616334": "25616334",
    "n. 227": "227",
    "No d'inscription: 25 616 334": "25616334",
    "Numéro de lot 227": "227",
    "(2784195)": "2784195",
    "[2 784 195]": "2784195",
    "<2784195>": "2784195",
    "Lot n° T 14 454 660": "T14454660",
    "25 616 334.": "25616334",
    "227;": "227",
    # the T of a radiation
    "T-14 454 660": "T14454660",
    "T-14454660": "T14454660",
    "T - 14 454 660": "T14454660",
    "t\u201314.454.660": "t14454660",
    "T-12": "T-12",  # not one: it is too short, and a lot may be called so
    # what another reading may change, never this one
    "P-227": "P-227",
    "227 ptie": "227ptie",
    "227 (ptie)": "227ptie",
    "24A Pte.": "24APte",
    "Ptie du lot 227": "Ptie227",
    "partie 399-184": "partie399-184",
    "0227": "0227",
}
SEVERAL = (
    *("12 13", "227\t228", "12\u00a013", "227 228 12", "2784 195", "12345 678 901", "399-184 185", "24 A 25"),
    *("399- 184", "2  784 195", "5 25 616 321", "227 et 228", "2 784 195 2 784 196", "227 - 228", "lot 227 12"),
    *("T 12 13", "Lots 227 et 228", "227 à 230"),
)
NONE_OR_SEVERAL = {
    "not one whole number": (
        *("227,228", "227, 228", "227;228", "227/228", "227&228", "227+228", "1.358", "2,784", "2784.5", "227..230"),
        *("227,228,229", "2.784.195.001", "227:", "227à230", "227et228", "2,78"),
        *("-2784195", "227-", "2784195*", "2784195_", "2784195$", "227½", "227|228", "2784195 (Cadastre, Québec)"),
    ),
    "a spreadsheet may have made of a longer number": ("24E5", "2,78E+06", "2.8E+06", "3E+06", "2.784195E+07", "1e3"),
    "looks like a date": (
        *("oct-12", "12-oct", "1-janv", "12-Oct-2024", "mars-15", "2024-10-12", "12/10/2024", "2024-10-12 00:00:00"),
        *("2024-10-12T00:00:00", "août-3", "12 déc 2024", "May-05"),
    ),
}
EMPTY = ("", " ", "nan", "NaN", "N/A", "#N/A", "-", "\u2014", "NULL", "null", "None", "aucun", "Aucune", "S/O", "NÉANT")


@in_each_locale
class TestNumber:
    def test_of_one_is_taken_without_its_blanks(self, sql: psycopg.Connection) -> None:
        for number, normalized in ONE.items():
            job = insert_job(sql, document_number=number)
            assert column(sql, job, "document_number_normalized") == normalized

    def test_of_several_is_refused_with_what_was_read(self, sql: psycopg.Connection) -> None:
        for number in SEVERAL:
            with pytest.raises(psycopg.errors.CheckViolation, match=r"document_number reads as '.*', which may be two"):
                insert_job(sql, document_number=number)

        with pytest.raises(psycopg.errors.CheckViolation, match="reads as '12 13', which"):
            insert_job(sql, document_number=" 12 13\n")
        with pytest.raises(psycopg.errors.CheckViolation, match="reads as '227<tab>228', which"):
            insert_job(sql, document_number="227\t228")

    def test_that_is_none_is_refused_with_its_reason(self, sql: psycopg.Connection) -> None:
        for why, numbers in NONE_OR_SEVERAL.items():
            for number in numbers:
                with pytest.raises(psycopg.errors.CheckViolation, match=f"document_number reads as '.*', which.*{why}"):
                    insert_job(sql, document_number=number)

    def test_is_compared_in_python_as_in_the_table(self, sql: psycopg.Connection) -> None:
        for number in (*ONE, *SEVERAL, *chain(*NONE_OR_SEVERAL.values())):
            found = sql.execute("SELECT upper(extraction_queue_normalized(%s))", [number]).fetchone()
            assert found == (compact(number),), number

    def test_word_for_an_empty_cell_is_one(self, sql: psycopg.Connection) -> None:
        for word in EMPTY:
            with pytest.raises(psycopg.errors.CheckViolation, match="document_number is missing"):
                insert_job(sql, document_number=word)
            with pytest.raises(psycopg.errors.CheckViolation, match="cadastre is missing"):
                insert_job(sql, document_source="index", cadastre=word)
            with pytest.raises(psycopg.errors.CheckViolation, match="acte_type is missing"):
                insert_job(sql, document_source="acte", acte_type=word)
            assert is_empty(word)

    def test_word_for_an_empty_cell_makes_no_other_request(self, sql: psycopg.Connection) -> None:
        plain = insert_job(sql, designation_secondaire=None)
        for word in EMPTY:
            assert column(sql, insert_job(sql, designation_secondaire=word), "request_key") == column(
                sql, plain, "request_key"
            )


def test_both_lists_of_words_for_an_empty_cell_are_one(sql: psycopg.Connection) -> None:
    for word in EMPTY_WORDS:
        assert sql.execute("SELECT extraction_queue_is_empty(%s)", [word.upper()]).fetchone() == (True,), word
    (body,) = sql.execute("SELECT pg_get_functiondef('extraction_queue_is_empty(text)'::regprocedure)").fetchone() or (
        "",
    )
    listed = set(re.findall(r"'([^']*)'::text", body[body.index("ARRAY[") :]))
    assert listed == EMPTY_WORDS


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

    sql.execute((ROOT / "migrations/0004_adopted_rows.sql").read_text())

    assert column(sql, bad, "(status, error_code, document_number_normalized)") == (
        "Erreur",
        "invalid_request",
        "12 13",
    )
    assert "reads as '12 13'" in str(column(sql, bad, "error_message"))
    assert (column(sql, good, "status"), column(sql, done, "status")) == ("En attente", "Complété")
