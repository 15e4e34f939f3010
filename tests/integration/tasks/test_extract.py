"""What a message may carry that is no row's id: anybody can send one with `celery call`."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.extract import extract

TEXTS = ("", "a b", "é", "\0", "\udcff", "1\n", "x" * 101)
NO_ROW = "nothing to do: a message carries the id of one row and nothing else, and this one does not"


@pytest.mark.parametrize("arguments", [(), (None,), ({},), ([],), (1.5,), ("1", "2"), *((text,) for text in TEXTS)])
def test_message_that_names_no_row_ends_in_a_sentence(arguments: tuple[Any, ...]) -> None:
    assert extract(*arguments) == NO_ROW


def test_message_with_named_arguments_ends_in_a_sentence() -> None:
    assert extract(job_id="1") == extract("1", colour="red") == NO_ROW


@pytest.mark.parametrize("job_id", ["42", 42, "Dossier_7.PDF", "8f14e45f-ceea-467f-a83b-000000000001"])
def test_id_of_any_type_goes_to_the_worker_process(job_id: str | int) -> None:
    with pytest.raises(RuntimeError, match="prefork children only"):  # there is none here
        extract(job_id)
