"""The API against its own schema: schemathesis sends what the schema allows, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import psycopg
import pytest
import schemathesis
from schemathesis.config import (
    GenerationConfig,
    HealthCheck,
    OperationConfig,
    OperationsConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.specs.openapi.checks import positive_data_acceptance

from extractor.api import create_app
from extractor.matching.emptiness import is_empty
from extractor.matching.numbers import BLANKS
from extractor.models import RowId
from extractor.reports import is_no_period
from extractor.settings import Settings
from tests.support.rows import insert_account, insert_job

KEY = "the-key-of-this-test"
# Per operation; all operations together must take only a few seconds.
EXAMPLES = 20

settings = Settings.model_validate(
    {
        "database_url": "postgresql://nowhere",
        "redis_url": "redis://nowhere",
        "storage_dir": "documents",
        "api_key": KEY,
        "allowed_hosts": "testserver",  # what schemathesis calls an app
    }
)
# pytest lists the operations before there is a database, so the app opens what it uses at its first call.
app = create_app(settings)
project = ProjectConfig(
    # Lists of rows that fit `oneOf` are slow to invent; the rows of a list are those of the call for one.
    operations=OperationsConfig(
        operations=[
            OperationConfig.from_dict(
                {"include-path": "/api/batches", "generation": {"max-examples": 4, "deterministic": True}}
            )
        ]
    ),
    generation=GenerationConfig(
        max_examples=EXAMPLES, deterministic=True, database="none", with_security_parameters=False
    ),
)
config = SchemathesisConfig(
    projects=ProjectsConfig(default=project),
    suppress_health_check=[HealthCheck.filter_too_much],  # of invented lists of rows few fit `oneOf`
)
schema = schemathesis.openapi.from_dict(app.openapi(), config=config)
schema.app = app

job_ids: list[RowId] = []
tables: list[psycopg.Connection] = []


@pytest.fixture
def served(database_url: str, sql: psycopg.Connection, tmp_path: Path) -> Iterator[None]:
    """The app over a database with one row per status, so that calls about a row find one."""
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "a.pdf").write_bytes(b"%PDF-1.7")
    insert_account(sql)
    tables[:] = [sql]
    job_ids[:] = [
        insert_job(sql),
        insert_job(sql, status="En traitement", worker_id="worker-1"),
        insert_job(sql, status="Complété", supabase_path="index/a.pdf"),
        insert_job(sql, status="Erreur", error_code="document_not_found", error_message="Aucun document"),
    ]
    here = {"database_url": database_url, "storage_dir": tmp_path}
    served = create_app(Settings.model_validate({**settings.model_dump(), **here}))
    app.router.lifespan_context = served.router.lifespan_context  # this opens the database and the store
    app.state.bell.end()  # no call waits, and no stream is endless
    yield
    shutdown_lifespans()


@schema.hook
def map_path_parameters(
    _context: schemathesis.HookContext, path_parameters: dict[str, object] | None
) -> dict[str, object] | None:
    """Replaces half of the invented ids with ids of rows."""
    if not job_ids or not path_parameters or "job_id" not in path_parameters:  # an example is made before any row
        return path_parameters
    number = crc32(repr(path_parameters).encode()) % (2 * len(job_ids))
    return {**path_parameters, "job_id": job_ids[number]} if number < len(job_ids) else path_parameters


@schema.hook
def filter_body(_context: schemathesis.HookContext, body: object) -> bool:
    """Leaves out what the database refuses by a rule that no pattern of a schema can say: numbers and empty words."""
    if isinstance(body, list):
        return all(filter_body(_context, row) for row in body)
    texts = [text for text in body.values() if isinstance(text, str)] if isinstance(body, dict) else []
    number = body.get("document_number") if isinstance(body, dict) else None
    if any("\0" in text for text in texts):
        return True
    is_empty_word = any(is_empty(text) and text.strip(BLANKS) for text in texts)
    return not is_empty_word and not (isinstance(number, str) and _is_unclear(number))


def _is_unclear(number: str) -> bool:
    row = tables[0].execute("SELECT extraction_queue_unclear(%s) IS NOT NULL", [number]).fetchone()
    return row == (True,)


def _has_no_period(query: Mapping[str, Any]) -> bool:
    try:
        since, until = (datetime.fromisoformat(query[name]) for name in ("completed_since", "completed_until"))
        return is_no_period(since, until)
    except (KeyError, TypeError, ValueError):
        return False


@schema.parametrize()
@pytest.mark.usefixtures("served")
def test_every_answer_is_one_that_the_schema_foresees(case: schemathesis.Case[Any]) -> None:
    # No schema can say that a key of an earlier call fits that call's body alone.
    tables[0].execute("UPDATE extraction_queue SET idempotency_key = NULL WHERE idempotency_key IS NOT NULL")
    # Nor what a correction may leave out, which depends on what the row has already, or that a period has an end
    # after its beginning.
    is_free = case.method == "PATCH" or _has_no_period(case.query or {})
    excluded: list[schemathesis.CheckFunction] = [positive_data_acceptance] if is_free else []
    case.call_and_validate(headers={"X-API-Key": KEY}, excluded_checks=excluded)
