"""`extractor show --evidence DIR`: what workers kept of failed attempts comes to a person's folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from typer.testing import Result

from tests.support.rows import insert_job

Extractor = Callable[..., Result]


@pytest.fixture
def kept(environment: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """EVIDENCE_DIR with the folder of one failure, and a secret beside it."""
    directory = tmp_path / "evidence"
    (directory / "wrong_document-1-1").mkdir(parents=True)
    for name in ("page.html", "page.png", "steps.json", "document.bin"):
        (directory / "wrong_document-1-1" / name).write_bytes(name.encode())
    (tmp_path / "secret.txt").write_text("secret")
    environment.setenv("EVIDENCE_DIR", str(directory))
    return directory


def attempt(sql: psycopg.Connection, job_id: str, evidence_path: str | None) -> int:
    inserted = sql.execute(
        "INSERT INTO extraction_attempts (job_id, document_source, worker_id, outcome, evidence_path)"
        " VALUES (%s, 'index', 'host-1', 'hold', %s) RETURNING id",
        [job_id, evidence_path],
    ).fetchone()
    assert inserted is not None
    return int(inserted[0])


@pytest.mark.usefixtures("kept")
def test_every_file_of_each_attempt_is_copied(extractor: Extractor, sql: psycopg.Connection, tmp_path: Path) -> None:
    job_id, out = insert_job(sql), tmp_path / "out"
    nothing = extractor("show", job_id, "--evidence", out).stderr
    first = attempt(sql, job_id, "/srv/of/a/container/wrong_document-1-1")
    attempt(sql, job_id, None)

    shown = extractor("show", job_id, "--json", "--evidence", out)
    extractor("show", job_id, "--evidence", out)  # again, it changes nothing

    assert nothing == "No attempt left evidence.\n"
    assert shown.stderr == f"evidence: {out}/attempt-{first}\n"
    assert len(json.loads(shown.stdout)["attempts"]) == 2
    assert {path.name: path.read_text() for path in (out / f"attempt-{first}").iterdir()} == {
        name: name for name in ("page.html", "page.png", "steps.json", "document.bin")
    }


@pytest.mark.usefixtures("kept")
def test_evidence_of_another_machine_is_named_and_no_path_leads_out(
    extractor: Extractor, sql: psycopg.Connection, tmp_path: Path
) -> None:
    job_id, out = insert_job(sql), tmp_path / "out"
    gone = attempt(sql, job_id, "/srv/evidence/gone-1-1")
    leading_out = attempt(sql, job_id, "/srv/evidence/..")
    here = attempt(sql, job_id, ".data/evidence/wrong_document-1-1")

    says = extractor("show", job_id, "--evidence", out, code=1).stderr.splitlines()
    (tmp_path / "file").write_text("")
    unwritable = extractor("show", job_id, "--evidence", tmp_path / "file", code=1).stderr

    assert says[:2] == [
        f"evidence: {out}/attempt-{here}",
        "extractor: The evidence of some attempts is not on this machine:",
    ]
    assert says[2].startswith(
        f"attempt {gone}: not in {tmp_path}/evidence. The worker host-1 kept it in /srv/evidence/g"
    )
    assert says[3].startswith(f"attempt {leading_out}: not in")
    assert [path.name for path in out.iterdir()] == [f"attempt-{here}"]
    assert "The evidence cannot be copied to" in unwritable
