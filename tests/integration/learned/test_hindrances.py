"""What prevents learning: whatever a copy of the form could not post in the same way, or must not keep."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from extractor.standin.pages import layout
from tests.support import odd_site

from .conftest import LEARNED, Wire, Worker


def hiding(monkeypatch: pytest.MonkeyPatch, value: Callable[[], str]) -> None:
    """Give each form a hidden field `jeton`."""
    plain = layout.form

    def form(action: str, *rows: str, name: str = "frmDemnd") -> str:
        return plain(action, *rows, layout.hidden(jeton=value()), name=name)

    monkeypatch.setattr(layout, "form", form)


def rows_by_form(worker: Worker) -> str:
    """Do three rows; all must go through the form. Returns why."""
    rows = [worker.do(document_number=number) for number in ("2784195", "2784196", "2784197")]

    assert [worker.row(row) for row in rows] == [("Complété", None)] * 3
    assert [LEARNED in worker.steps(row) for row in rows] == [False] * 3
    return str(worker.control("hindrance")[0])


def test_a_field_that_changes_from_page_to_page(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = itertools.count(1)
    hiding(monkeypatch, lambda: str(next(counter)))

    assert rows_by_form(worker) == "the field jeton changes from page to page"


def test_a_script_that_changes_a_field_at_the_submit(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    odd_site.altering_forms(monkeypatch, attributes="onsubmit=\"this.txtPerd.value='2020'\"")

    assert rows_by_form(worker) == "the page's script changes txtPerd at the submit"


@pytest.mark.broad
def test_a_field_that_a_script_adds_at_the_submit(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "var i=document.createElement('input');i.name='h';i.value=Date.now();this.appendChild(i)"
    odd_site.altering_forms(monkeypatch, attributes=f'onsubmit="{code}"')

    assert rows_by_form(worker) == "the page posts other fields than its form shows"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        pytest.param("99X0001", "jeton holds something of the account or its session", id="user_code"),
        pytest.param("a8f5f167f44f4964", "the field jeton looks like the token of a session", id="token",
                     marks=pytest.mark.broad),
    ],
)  # fmt: skip
def test_nothing_of_an_account_or_a_session_is_kept(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, value: str, why: str
) -> None:
    hiding(monkeypatch, lambda: value)

    assert rows_by_form(worker) == why
    assert worker.sql.execute("SELECT FROM learned_forms").rowcount == 0


@pytest.mark.broad
def test_a_form_that_changed_is_forgotten_at_its_next_visit(
    worker: Worker, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in ("2784195", "2784196"):
        worker.do(document_number=number)
    hiding(monkeypatch, lambda: "v2")
    wire.take()

    missing = worker.insert(document_number="2784404", attemtps=1)  # through the form
    worker.again(missing)
    rows = [worker.do(document_number=number) for number in ("2784197", "2784198", "2784199")]

    assert [LEARNED in worker.steps(row) for row in rows] == [False, False, True]
    assert "jeton=v2" in wire.posts[-1][1]
