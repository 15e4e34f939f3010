"""What a generator makes of /openapi.json compiles, and reads real answers; names and words are those of the API."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import datamodel_code_generator as generator
import httpx
import psycopg
import pytest
from datamodel_code_generator.enums import DataModelType

from tests.support.api import api_settings, calling
from tests.support.rows import insert_account, insert_job

INDEX = {"document_source": "index", "document_number": "2 784 195", "cadastre": "Cadastre du Québec"}


@pytest.fixture
def client(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    with calling(api_settings(database_url, tmp_path)) as client:
        yield client


@pytest.fixture
def models(client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The models of a client, as a program would generate them from a running API."""
    path = tmp_path / "generated_models.py"
    generator.generate(
        client.get("/openapi.json").text,
        input_file_type=generator.InputFileType.OpenAPI,
        output=path,
        output_model_type=DataModelType.PydanticV2BaseModel,
        target_python_version=generator.PythonVersion.PY_311,
        formatters=[],
    )
    monkeypatch.syspath_prepend(tmp_path)
    return importlib.import_module("generated_models")


def test_generated_models_read_real_answers(client: httpx.Client, models: ModuleType, sql: psycopg.Connection) -> None:
    insert_account(sql)
    insert_job(sql, status="Erreur", error_code="document_not_found", error_message="Aucun document")
    asked = models.NewExtraction.model_validate(INDEX)
    body = asked.model_dump_json(exclude_none=True)

    answer = client.post("/api/extractions", content=body, headers={"Content-Type": "application/json"})

    created = models.CreatedExtraction.model_validate_json(answer.text)
    assert (created.document_source, created.attemtps) == (models.Source.index, 0)
    page = models.Page.model_validate(client.get("/api/extractions").json())
    assert {row.status for row in page.extractions} == {models.Status("En attente"), models.Status("Erreur")}
    batch = models.CreatedBatch.model_validate(client.post("/api/batches", json=[INDEX]).json())
    assert (len(batch.ids), batch.repeated) == (1, 1)
    status = models.Overview.model_validate(client.get("/api/status").json())
    assert {source.document_source for source in status.sources} == set(models.Source)
    problem = models.Problem.model_validate(client.post("/api/extractions", json={"document_source": "index"}).json())
    assert problem.code == "invalid_row"


def test_operations_have_the_names_of_their_calls_and_no_answer_another_name_for_a_column(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()

    ids = [operation["operationId"] for of in document["paths"].values() for operation in of.values()]
    assert len(ids) == len(set(ids))
    assert all(name.islower() and "api" not in name for name in ids)
    schemas = document["components"]["schemas"]
    names = {name for schema in schemas.values() for name in schema.get("properties", {})}
    assert {"document_source", "attemtps"} <= names
    assert not names & {"source", "number", "designation", "supabase_url"}
    query = {parameter["name"] for parameter in document["paths"]["/api/extractions"]["get"]["parameters"]}
    assert "document_source" in query
    for enum in ("Source", "Status", "Ended", "ClickKind", "Reason", "Condition"):
        assert schemas[enum]["enum"], enum
