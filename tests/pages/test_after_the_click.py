"""After a paid click: no page is proof of failure before the document's bound, and the file is fetched until whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import get_args

import pytest

from extractor.errors import DocumentTimeout, ExtractorError, SessionExpired
from extractor.registry import download, patience
from extractor.standin.kinds import LinkFault, TransferFault, Waiting
from tests.support.standin_client import StandinClient

from .client import PACE, Client, index
from .conftest import NewClient

SLOW = index("2784413")
# Faults that pass when the file is asked for again; extractor/documents/ judges those that stay.
PASSING = (*get_args(LinkFault), *get_args(TransferFault), "html", "half", "empty", "no_eof", "update_cut")
# `make odd-sites` plays these too: each is of a kind with another one, or takes many looks.
BROAD = {
    *("status_500", "status_503", "closed"),
    *("length_too_short", "type_octet_stream", "whole_206", "whole_500"),
    *("empty", "update_cut"),
    *("blank_refresh", "foreign_frame", "script_hops", "error_502"),
}


def of_each_kind(names: Iterable[str]) -> list[object]:
    """All of them, the broad ones marked."""
    return [pytest.param(name, marks=pytest.mark.broad) if name in BROAD else name for name in names]


@pytest.fixture
def client(new_client: NewClient) -> Client:
    return new_client(logged_in=True, pace=replace(PACE, document_timeout=40))


@pytest.mark.parametrize("waiting", of_each_kind(get_args(Waiting)))
def test_every_waiting_page_is_waited_out_for_one_charge(
    client: Client, standin: StandinClient, waiting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "RELOADS", (0.5, 1.0, 2.0))
    standin.set_variants(waiting=waiting, waiting_seconds=1)

    assert "2784413" in client.fetch(SLOW)

    assert len(standin.consultations()) == len(standin.searches()) == 1
    assert client.marks.is_set


@pytest.mark.parametrize("waiting", ["blank_script", "foreign_frame_mute", "mute"])
def test_a_waiting_page_that_never_ends_is_given_up_at_the_bound(
    new_client: NewClient, standin: StandinClient, waiting: str
) -> None:
    client = new_client(logged_in=True, pace=replace(PACE, document_timeout=3))
    standin.set_variants(waiting=waiting, waiting_seconds=60)

    with pytest.raises(ExtractorError):
        client.fetch(SLOW)

    assert len(standin.consultations()) == 1
    assert client.marks.is_set


@pytest.mark.parametrize("fault", of_each_kind(PASSING))
def test_a_file_fault_that_passes_costs_one_charge(
    client: Client, standin: StandinClient, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "STALL", 1.0)
    monkeypatch.setattr(download, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(download, "MAX_PAUSE", 0.2)
    standin.set_variants(file_fault=fault, file_fault_times=4)

    client.fetch(index("2784195"))

    served = {entry.document_sha256 for entry in standin.documents()}
    assert hashlib.sha256(client.file.read_bytes()).hexdigest() in served
    assert len(standin.consultations()) == 1


def test_a_save_link_that_never_answers_is_no_reason_to_give_the_mark_back(
    new_client: NewClient, standin: StandinClient
) -> None:
    client = new_client(logged_in=True, pace=replace(PACE, page_timeout=3, document_timeout=4))
    standin.set_variants(file_fault="status_503")

    with pytest.raises(DocumentTimeout, match="no try brought a file"):
        client.fetch(index("2784195"))

    assert len(standin.consultations()) == 1
    assert client.marks.is_set


@pytest.mark.parametrize("step", ["document", "download"])
def test_a_document_whose_session_died_is_found_again_by_its_address(
    mortal_client: Client, standin: StandinClient, step: str
) -> None:
    request = index("2784195")
    standin.set_variants(expire_at=step, document_belongs_to="account")
    with pytest.raises(SessionExpired):
        mortal_client.fetch(request)

    mortal_client.log_in()
    mortal_client.site.open_form(request.source)

    assert mortal_client.find(request)
    mortal_client.save()
    assert len(standin.consultations()) == 1


def test_a_document_that_the_site_forgot_is_not_found(mortal_client: Client, standin: StandinClient) -> None:
    request = index("2784195")
    standin.set_variants(expire_at="document", document_belongs_to="session")
    with pytest.raises(SessionExpired):
        mortal_client.fetch(request)

    mortal_client.log_in()
    mortal_client.site.open_form(request.source)

    assert not mortal_client.find(request)
    assert len(standin.consultations()) == 1
