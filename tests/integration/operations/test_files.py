"""Files as offices have them: workbooks, columns with French names and of their own, what a person must approve."""

from __future__ import annotations

import io
from decimal import Decimal

import psycopg
import pytest

from extractor.operations import InvalidFile, NeedsApproval, import_rows, imported_ids
from extractor.operations.columns import COLUMNS, find_places
from extractor.operations.imports import MAX_DOUBTS
from extractor.postgres.database import Database
from tests.support.rows import insert_job, statuses
from tests.support.workbooks import Cell, Raw, workbook

HEADER = ("document_source", "document_number", "circonscription_fonciere", "cadastre")
QUEBEC = "Cadastre du Québec"
A_DATE = Raw('<c r="{place}" s="1"><v>46329</v></c>')
A_FORMULA = Raw('<c r="{place}"><f>2784000+196</f><v>2784196</v></c>')
NUMBERS = "SELECT document_number FROM extraction_queue ORDER BY created_at"


def sheet(*rows: tuple[Cell, ...], header: tuple[str, ...] = HEADER) -> io.BytesIO:
    return workbook({"Feuil1": [header, *rows]})


def csv(text: str, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO(text.encode(encoding))


class TestWorkbook:
    def test_numbers_and_formulas_come_as_a_person_reads_them(
        self, sql: psycopg.Connection, database: Database
    ) -> None:
        file = sheet(
            ("index", 2784195.0, "Montréal", QUEBEC),
            (None, "  ", None, None),
            ("index", A_FORMULA, None, QUEBEC),
            ("index", "2\u00a0784\u00a0197", "", QUEBEC),
        )

        imported = import_rows(database, file)

        assert (imported.rows, imported.sheet) == (3, "Feuil1")
        assert sql.execute(NUMBERS).fetchall() == [("2784195",), ("2784196",), ("2\u00a0784\u00a0197",)]

    def test_first_sheet_with_our_columns_is_read_wherever_it_begins(self, database: Database) -> None:
        rows: list[tuple[Cell, ...]] = [HEADER, ("index", 1, "", QUEBEC)]

        imported = import_rows(database, workbook({"Notes": [("à faire",)], "Lots": rows, "Vieux": rows}, first_row=4))

        assert (imported.rows, imported.sheet) == (1, "Lots")

    def test_date_in_the_place_of_a_number_is_named_with_its_line(
        self, sql: psycopg.Connection, database: Database
    ) -> None:
        with pytest.raises(InvalidFile) as refused:
            import_rows(
                database, sheet(("index", 1, "", QUEBEC), ("index", A_DATE, "", QUEBEC), ("index", 3, True, QUEBEC))
            )

        problems = refused.value.problems
        assert [(problem.line, problem.sentence.removesuffix(" and write it again")) for problem in problems] == [
            (3, "document_number is a date or a time in the workbook (2026-11-03): format the cell as text"),
            (4, "circonscription_fonciere is TRUE, which is no text and no number: write it as text"),
        ]  # fmt: skip
        assert statuses(sql) == {}

    def test_date_may_be_a_reference(self, sql: psycopg.Connection, database: Database) -> None:
        import_rows(database, sheet(("index", 1, QUEBEC, A_DATE), header=("Source", "Numéro", "Cadastre", "Dossier")))

        assert sql.execute("SELECT reference FROM extraction_queue").fetchall() == [("2026-11-03",)]

    @pytest.mark.parametrize("begin", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
    def test_broken_or_locked_one_says_what_to_do(self, begin: bytes, database: Database) -> None:
        with pytest.raises(InvalidFile, match=r"cannot be read as a workbook .* If it has a password"):
            import_rows(database, io.BytesIO(begin + b"\0" * 600))

    def test_one_without_our_columns_names_its_sheets(self, database: Database) -> None:
        with pytest.raises(InvalidFile, match=r"the sheets are: Notes, Vide\."):
            import_rows(database, workbook({"Notes": [("lot", "rue")], "Vide": []}))


class TestColumns:
    @pytest.mark.parametrize("header", [
        ("DOCUMENT SOURCE", "Document_Number", "Désignation secondaire", "Référence"),
        ("Type de document", "Numéro de document", "DESIGNATION_SECONDAIRE", "dossier"),
        ("source", "No. de document", "Désignation", "Reference"),
        ("Source du document", "Numéro d’inscription", "designation secondaire", "RÉFÉRENCE"),
    ])  # fmt: skip
    def test_names_are_known_in_any_case_with_blanks_and_in_french(self, header: tuple[str, ...]) -> None:
        assert find_places(header) == {
            "document_source": 0, "document_number": 1, "designation_secondaire": 2, "reference": 3
        }  # fmt: skip

    def test_every_column_is_known_by_its_own_name(self) -> None:
        assert find_places(COLUMNS) == {name: place for place, name in enumerate(COLUMNS)}

    def test_own_columns_are_refused_by_name_with_the_way_to_keep_one(self) -> None:
        header = ("document_source", "document_number", "Client", "Notaire")

        with pytest.raises(InvalidFile, match=r"called 'Client' or 'Notaire'; .* --reference-column 'Client'"):
            find_places(header)
        with pytest.raises(InvalidFile, match="called 'Notaire'"):
            find_places(header, "client")
        with pytest.raises(InvalidFile, match="There is no column 'Rue'; the first line names: document_source"):
            find_places(header, "Rue")
        assert find_places(header[:3], " CLIENT ")["reference"] == 2
        with pytest.raises(InvalidFile, match="a column is there twice: reference"):
            find_places((*header[:3], "dossier"), "Client")

    def test_reference_is_kept_or_is_the_same_for_all(self, sql: psycopg.Connection, database: Database) -> None:
        text = f"document_source;document_number;cadastre;Client\nindex;1;{QUEBEC};Tremblay\nindex;2;{QUEBEC};\n"

        import_rows(database, csv(text), reference="Bureau", reference_column="client")

        found = sql.execute("SELECT reference FROM extraction_queue ORDER BY created_at").fetchall()
        assert found == [("Tremblay",), ("Bureau",)]

    def test_bad_reference_is_named_with_its_line(self, database: Database) -> None:
        text = f"document_source;document_number;cadastre;reference\nindex;1;{QUEBEC};{'d' * 201}\n"

        with pytest.raises(InvalidFile) as refused:
            import_rows(database, csv(text))

        assert refused.value.problems[0].sentence == "reference has 201 characters: it may have 200 at most"


class TestCsv:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    @pytest.mark.parametrize(("first", "mark"), [("sep=;", ";"), ('"SEP=,"', ","), ("sep=\t", "\t"), ("sep=|", "|")])
    def test_first_line_of_excel_says_what_parts_cells(
        self, encoding: str, first: str, mark: str, database: Database
    ) -> None:
        good = f"index|1|{QUEBEC}".replace("|", mark)
        header = "document_source|document_number|cadastre".replace("|", mark)

        imported = import_rows(database, csv(f"{first}\r\n{header}\r\n{good}\r\n", encoding))
        with pytest.raises(InvalidFile) as refused:
            import_rows(database, csv(f"{first}\r\n{header}\r\n{good}\r\n{mark}2{mark}\r\n", encoding))

        assert imported.rows == 1
        assert [problem.line for problem in refused.value.problems] == [4]


class TestApproval:
    TEXT = "document_source,document_number,cadastre\n" + "".join(f"index,{n},{QUEBEC}\n" for n in range(1, 5))

    def test_what_costs_more_than_the_bound_is_not_inserted(self, sql: psycopg.Connection, database: Database) -> None:
        with pytest.raises(NeedsApproval) as needed:
            import_rows(database, csv(self.TEXT), approved=Decimal("5.99"))
        before = statuses(sql)
        import_rows(database, csv(self.TEXT), approved=Decimal(6))

        assert (needed.value.checked.rows, needed.value.checked.cost) == (4, Decimal("6.00"))
        assert (before, statuses(sql)) == ({}, {"En attente": 4})

    def test_repeated_rows_need_approval_whatever_they_cost(self, sql: psycopg.Connection, database: Database) -> None:
        insert_job(sql, document_number="1", circonscription_fonciere=None)

        with pytest.raises(NeedsApproval) as needed:
            import_rows(database, csv(self.TEXT), approved=Decimal(100))

        assert needed.value.checked.repeated == 1
        assert statuses(sql) == {"En attente": 1}


def test_rows_of_a_file_are_one_batch_in_its_order(sql: psycopg.Connection, database: Database) -> None:
    first, second = (import_rows(database, csv(TestApproval.TEXT)) for _ in range(2))

    assert first.batch_id is not None
    assert first.batch_id != second.batch_id
    ids = imported_ids(database, first.batch_id)
    rows = sql.execute("SELECT id::text, batch_id FROM extraction_queue ORDER BY created_at LIMIT 4").fetchall()
    assert rows == [(job_id, first.batch_id) for job_id in ids]
    assert import_rows(database, csv(TestApproval.TEXT), dry_run=True).batch_id is None


def test_lines_that_will_probably_be_refused_are_counted_named_and_kept(
    sql: psycopg.Connection, database: Database
) -> None:
    lines = "".join(f"index,{number},Montréalle,{QUEBEC}\n" for number in range(227, 239))
    file = csv(f"{','.join(HEADER)}\nindex,2784195,Montréal,{QUEBEC}\n{lines}")

    imported = import_rows(database, file)

    assert (imported.rows, imported.doubtful, len(imported.doubts)) == (13, 12, MAX_DOUBTS)
    assert imported.doubts[0].line == 3
    assert imported.doubts[0].sentence.startswith('will probably be refused, because circonscription_fonciere "Montr')
    assert sql.execute("SELECT count(*) FROM extraction_queue_doubtful").fetchone() == (12,)
    assert sql.execute("SELECT count(*) FROM extraction_queue WHERE doubted_key = request_key").fetchone() == (13,)
