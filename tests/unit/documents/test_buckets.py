"""The object's name: ASCII, a function of the row, and different for every row."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from extractor.documents.buckets import object_name
from extractor.models import Source
from tests.support.jobs import a_job

ID = UUID("1f0c9a3e-0000-4000-8000-000000000000")


def test_follows_the_documented_pattern() -> None:
    place = {"id": ID, "circonscription": "Montréal", "cadastre": "Cadastre du Québec"}

    assert object_name(a_job(**place)) == "2784195-Montreal-Cadastre-du-Quebec-20261122T001450Z-34f9a52e.pdf"
    assert object_name(a_job(source=Source.ACTE, **place)) == "2784195-Montreal-20261122T001450Z-34f9a52e.pdf"


@pytest.mark.parametrize(
    "name",
    ["Québec n° 12/É", "Que\u0301bec", "L’Île-d’Orléans", "a" * 300, "📄 emoji", "../../etc", "Œuvre  x", ""],
)
def test_has_only_characters_that_every_storage_takes(name: str) -> None:
    key = object_name(a_job(circonscription=name, cadastre=name))

    assert re.fullmatch(r"[A-Za-z0-9-]+\.pdf", key)
    assert len(key) < 255


def test_two_rows_of_one_insert_never_share_a_name() -> None:
    assert object_name(a_job()) != object_name(a_job())


def test_edited_row_has_another_name() -> None:
    assert object_name(a_job(id=ID)) != object_name(a_job(id=ID, request_key="index|2784195|||a|"))


def test_every_attempt_of_a_row_has_the_same_name() -> None:
    job = a_job()

    assert object_name(job) == object_name(job.model_copy(update={"attempt_id": 2, "attempts": 2}))
