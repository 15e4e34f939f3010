"""What the doctor says of the bounds on money."""

from __future__ import annotations

import pytest

from extractor.doctor.check import Finding, State
from tests.support.doctor import Only, Setter, findings


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        (
            {},
            (
                "at most 100 consultations per day over all rows, about 150,00 $; at most 2 consultations per row;"
                " a source stops after 3 consultations in a row without a document."
            ),
        ),
        (
            {"DAILY_CONSULTATION_LIMIT": "1"},
            (
                "at most 1 consultation per day over all rows, about 1,50 $; at most 2 consultations per row;"
                " a source stops after 3 consultations in a row without a document."
            ),
        ),
        (
            {
                "DAILY_CONSULTATION_LIMIT": "0",
                "MAX_CONSULTATIONS_PER_JOB": "1",
                "PAID_WITHOUT_DOCUMENT_LIMIT": "0",
            },
            (
                "no limit per day (DAILY_CONSULTATION_LIMIT=0); at most 1 consultation per row;"
                " no stop when money brings nothing (PAID_WITHOUT_DOCUMENT_LIMIT=0)."
            ),
        ),
    ],
)
def test_bounds_are_told(variables: dict[str, str], text: str, settings: Setter, only: Only) -> None:
    only("money")
    settings(**variables)

    assert findings()["money"] == Finding("money", State.OK, text)
