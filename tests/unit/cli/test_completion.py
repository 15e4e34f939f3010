"""What Tab offers without a database."""

from __future__ import annotations

from extractor.cli import completion
from tests.unit.test_docs import codes


def test_error_codes_are_those_of_the_documents() -> None:
    assert completion.error_codes("") == sorted(codes())
    assert completion.error_codes("pap") == ["paper_only"]


def test_sources() -> None:
    assert completion.sources("") == ["acte", "index", "plan_cadastraux"]
    assert completion.sources_or_all("a") == ["acte", "all"]
