"""A claimed job, with a default for everything."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from extractor.models import Job, Source


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
