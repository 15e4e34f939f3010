"""What the spool keeps after a crash, and what it deletes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest

from extractor.documents.document import check_pdf
from extractor.documents.spool import Spool
from extractor.errors import DocumentRefused
from extractor.models import Document, Job
from tests.support.jobs import a_job
from tests.unit.documents.test_document import pdf_bytes


def put(spool: Spool, job: Job) -> Document:
    return spool.put(job, check_pdf(spool.incoming(job)))


class TestSpool:
    def test_gives_back_what_another_attempt_put(self, tmp_path: Path) -> None:
        job = a_job(attempt_id=1)
        spool = Spool(tmp_path)
        spool.incoming(job).write_bytes(pdf_bytes())
        stored = put(spool, job)

        later = job.model_copy(update={"attempt_id": 2})

        assert Spool(tmp_path).get(later) == stored
        assert Spool(tmp_path).get(a_job()) is None

    def test_ignores_a_download_that_was_not_finished(self, tmp_path: Path) -> None:
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

        assert {path.stem for path in tmp_path.iterdir()} == {str(other.id), "id"}

    def test_keeps_its_name_whoever_opens_it(self, tmp_path: Path) -> None:
        assert Spool(tmp_path).id == Spool(tmp_path).id

    def test_sweep_deletes_what_no_row_waits_for(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path)
        waiting, finished, young = a_job(), a_job(), a_job()
        for job in (waiting, finished, young):
            spool.incoming(job).write_bytes(pdf_bytes())
            put(spool, job)
        spool.incoming(waiting).write_bytes(b"half")
        one_try = spool.incoming(waiting).with_suffix(".part.try")
        one_try.write_bytes(b"a quarter")
        for path in [*tmp_path.glob(f"{waiting.id}*"), *tmp_path.glob(f"{finished.id}*")]:
            os.utime(path, (0, 0))

        def unfinished(job_ids: Sequence[UUID]) -> set[UUID]:
            assert young.id not in job_ids
            return set(job_ids) & {waiting.id}

        assert spool.sweep(unfinished, older_than_seconds=60) == 3

        assert {job.id for job in (waiting, finished, young) if spool.holds(job.id)} == {waiting.id, young.id}
        assert not spool.incoming(waiting).exists()
        assert not one_try.exists()
