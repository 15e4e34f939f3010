"""`REQUESTS=form` at the stand-in, in Chromium: the form of the next row is open before the last upload has ended."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from extractor.models import RowId
from tests.integration.learned.conftest import Start, Wire, Worker
from tests.support.standin_client import StandinClient
from tests.support.system import eventually

FORM = "GET pf_13_01_11_02_indx_immbl.asp"
COMPLETED = ("Complété", None)
SECONDS = 30.0


@pytest.fixture
def worker(start: Start, wire: Wire) -> Worker:
    worker = start(requests="form")
    wire.take()
    return worker


@pytest.fixture
def rows(worker: Worker, sql: psycopg.Connection) -> tuple[RowId, RowId]:
    """Two rows of one source, noted as sent."""
    both = worker.insert(document_number="2 784 195"), worker.insert(document_number="2 784 196")
    sql.execute("UPDATE extraction_queue SET dispatched_at = now()")
    return both


def test_the_form_is_asked_for_while_the_upload_waits_and_the_next_row_uses_it(
    worker: Worker, rows: tuple[RowId, RowId], wire: Wire, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = worker.parts.store.upload
    log: list[str] = []

    def wait_for_the_form(bucket: str, name: str, path: Path, *, replace: bool = False) -> None:
        eventually(lambda: wire.requests[-1] == FORM, "the next form is asked for", SECONDS)
        log.extend([*wire.requests, "the upload ends"])
        upload(bucket, name, path, replace=replace)

    monkeypatch.setattr(worker.parts.store, "upload", wait_for_the_form)

    worker.again(rows[0])
    assert log[-2:] == [FORM, "the upload ends"]
    assert wire.take().count(FORM) == 2  # the row's own, and the next one's
    monkeypatch.undo()
    worker.again(rows[1])

    assert FORM not in wire.take()
    assert [worker.row(row) for row in rows] == [COMPLETED] * 2
    assert "form open, since the last row" in worker.steps(rows[1])
    assert len(standin.consultations()) == 2


def test_a_login_that_ended_meanwhile_costs_the_next_row_nothing(
    worker: Worker, rows: tuple[RowId, RowId], standin: StandinClient
) -> None:
    worker.again(rows[0])
    standin.expire_sessions()

    worker.again(rows[1])

    assert worker.row(rows[1], "status, attemtps") == ("Complété", 1)
    assert "its login had ended: the form is opened again" in worker.steps(rows[1])
    assert (len(standin.logins()), len(standin.consultations())) == (2, 2)
