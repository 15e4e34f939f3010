"""What passes for a PDF, and what the spool keeps over a crash."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from fpdf import FPDF

from extractor.document import Spool, check_pdf
from extractor.errors import DocumentRefused
from extractor.models import Document, Job, Source


def pdf_bytes(pages: int = 2) -> bytes:
    pdf = FPDF()
    for _ in range(pages):
        pdf.add_page()
    return bytes(pdf.output())


def a_job(attempt_id: int = 1, **fields: object) -> Job:
    defaults: dict[str, object] = {
        "id": uuid4(),
        "attempt_id": attempt_id,
        "source": Source.INDEX,
        "document_number": "2 784 195",
        "document_number_normalized": "2784195",
        "circonscription": "Montréal",
        "cadastre": "Cadastre du Québec",
        "designation": None,
        "acte_type": None,
        "attempts": 1,
        "max_attempts": 3,
        "created_at": datetime(2026, 11, 22, 0, 14, 50, tzinfo=UTC),
    }
    return Job.model_validate(defaults | fields)


def put(spool: Spool, job: Job) -> Document:
    return spool.put(job, check_pdf(spool.incoming(job)))


class TestCheck:
    def test_counts_the_pages_of_a_pdf(self, tmp_path: Path) -> None:
        path = tmp_path / "a.pdf"
        path.write_bytes(pdf_bytes(pages=3))

        document = check_pdf(path)

        assert (document.pages, document.size_bytes) == (3, path.stat().st_size)

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"", "empty file"),
            (b"<!DOCTYPE html><html></html>", "an HTML page instead of a PDF"),
            (b"GIF89a", "something instead of a PDF"),
            (pdf_bytes()[:-50], "cut short"),
            (b"%PDF-1.4\nnonsense\n%%EOF", "does not parse"),
        ],
    )
    def test_refuses_what_is_none_and_says_what_it_is(self, data: bytes, sentence: str, tmp_path: Path) -> None:
        path = tmp_path / "a.pdf"
        path.write_bytes(data)

        with pytest.raises(DocumentRefused, match=sentence):
            check_pdf(path)


class TestSpool:
    def test_gives_back_what_another_attempt_put(self, tmp_path: Path) -> None:
        job = a_job(attempt_id=1)
        spool = Spool(tmp_path)
        spool.incoming(job).write_bytes(pdf_bytes())
        stored = put(spool, job)

        later = job.model_copy(update={"attempt_id": 2})

        assert Spool(tmp_path).get(later) == stored
        assert Spool(tmp_path).get(a_job()) is None

    def test_has_nothing_of_a_download_that_was_not_finished(self, tmp_path: Path) -> None:
        job = a_job()
        Spool(tmp_path).incoming(job).write_bytes(pdf_bytes()[:100])

        assert Spool(tmp_path).get(job) is None

    def test_keeps_refused_bytes_apart_from_good_ones(self, tmp_path: Path) -> None:
        job = a_job()
        spool = Spool(tmp_path)
        spool.incoming(job).write_bytes(b"<html>")

        with pytest.raises(DocumentRefused):
            put(spool, job)

        assert spool.get(job) is None
        assert spool.incoming(job).read_bytes() == b"<html>"

    def test_refuses_a_document_whose_bytes_have_changed(self, tmp_path: Path) -> None:
        job = a_job()
        spool = Spool(tmp_path)
        spool.incoming(job).write_bytes(pdf_bytes())
        put(spool, job).path.write_bytes(pdf_bytes(pages=1))

        with pytest.raises(DocumentRefused, match="no longer has the hash"):
            spool.get(job)

    def test_discard_leaves_nothing_of_the_job(self, tmp_path: Path) -> None:
        job, other = a_job(), a_job()
        spool = Spool(tmp_path)
        for each in (job, other):
            spool.incoming(each).write_bytes(pdf_bytes())
            put(spool, each)

        spool.discard(job)

        assert {path.stem for path in tmp_path.iterdir()} == {str(other.id)}
