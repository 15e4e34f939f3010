"""docs/api.md: each call of the API is there, and its curl and its Python run as they stand, in the page's order."""

from __future__ import annotations

import re
import subprocess
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import psycopg
import pytest

from extractor.api import create_app, events
from tests.support.api import api_settings, calling
from tests.support.documents import ROOT
from tests.support.evidence import insert_attempt, keep_evidence, red_picture
from tests.support.rows import insert_account, insert_job

PAGE = (ROOT / "docs/api.md").read_text()
KEY = "the-key-of-this-test"
PDF = b"%PDF-1.7 the document"
SET_ROW = (
    "UPDATE extraction_queue SET status = %(status)s, supabase_path = %(path)s, error_code = %(error_code)s"
    " WHERE id = %(id)s"
)
# What the row must be for a call that not every row allows.
STATUSES = {
    "correct_extraction": "Erreur",
    "cancel_extraction": "En attente",
    "retry_extraction": "Erreur",
    "plan_retry_of_extraction": "Erreur",
    "retry_extractions": "Erreur",
    "list_failures": "Erreur",
}


class Section(NamedTuple):
    """One call of the page."""

    name: str
    bash: str
    python: str


def _blocks(language: str, text: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def sections() -> Iterator[Section]:
    for text in re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]:
        (bash,), (python,) = _blocks("bash", text), _blocks("python", text)
        yield Section(text.split("`")[1], bash, python)


@pytest.fixture
def client(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "a.pdf").write_bytes(PDF)
    with calling(api_settings(database_url, tmp_path, api_key=KEY, evidence_dir=tmp_path / "evidence")) as client:
        client.headers["X-API-Key"] = KEY
        yield client


def test_every_call_runs_as_the_page_gives_it(
    client: httpx.Client, sql: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.05)  # curl sees only at its next line that `sed` has ended
    insert_account(sql)
    job_id = insert_job(sql, status="Complété", supabase_path="index/a.pdf", document_bytes=len(PDF))
    attempt_id = insert_attempt(sql, job_id, evidence_path=str(keep_evidence(tmp_path, "7-failed")))
    url = client.get(f"/api/extractions/{job_id}/document").json()["url"]
    (tmp_path / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n")
    given = {"API": f"{client.base_url}".rstrip("/"), "API_KEY": KEY, "ID": job_id, "URL": url}
    given["ATTEMPT"] = str(attempt_id)
    for name, value in {**given, "CURL_HOME": str(tmp_path), "NO_PROXY": "*"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(_blocks("python", PAGE.partition("### ")[0])[0], names)  # noqa: S102 -- the page's own first lines

    for section in sections():
        for run in (partial(run_bash, section.name, section.bash), partial(exec, section.python, names)):
            status = STATUSES.get(section.name, "Complété")
            path = "index/a.pdf" if status == "Complété" else None
            error_code = "document_timeout" if status == "Erreur" else None
            sql.execute(SET_ROW, {"status": status, "path": path, "error_code": error_code, "id": job_id})
            run()

    names["api"].close()
    assert (tmp_path / "document.pdf").read_bytes() == PDF
    assert (tmp_path / "page.png").read_bytes() == red_picture()
    for archive in ("documents.zip", "montreal.zip"):
        with zipfile.ZipFile(tmp_path / archive) as documents:
            assert len(documents.namelist()) == 2, archive  # the document and its index.csv
    asked = sql.execute("SELECT count(*) FROM extraction_queue").fetchone()
    assert asked == (1 + 2 + 4,)  # the row above, two single ones, two batches of two
    assert sql.execute("SELECT doubt FROM extraction_queue WHERE doubt IS NOT NULL").fetchall() == []


def run_bash(name: str, text: str) -> None:
    done = subprocess.run(["bash", "-euc", text], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    # The end of a pipe tells nothing of curl.
    assert "| sed" not in text or "event: extraction." in done.stdout, f"{name}: {done.stdout}{done.stderr}"


def test_every_operation_has_its_section_which_calls_it(database_url: str, tmp_path: Path) -> None:
    paths = create_app(api_settings(database_url, tmp_path)).openapi()["paths"]
    operations = {
        operation["operationId"]: (method, path) for path, of in paths.items() for method, operation in of.items()
    }
    written = {section.name: section for section in sections()}
    assert written.keys() == operations.keys()
    for name, (method, path) in operations.items():
        called = re.compile(re.sub(r"\\\{\w+\\\}", r"[^/?\"]+", re.escape(path)) + r"[\"?]")
        section = written[name]
        if "documents" not in path:  # whose address is a link of the API
            assert called.search(section.bash), name
            assert called.search(section.python), name
        assert re.search(rf'\.({method}\(|stream\("{method.upper()}")', section.python), name


def test_address_of_a_name_is_written_as_curl_needs_it() -> None:
    assert all(quote(address, safe="/?&=$:{}") == address for address in re.findall(r'"(\$API[^"]*)"', PAGE))
