"""The file behind the save link: bad ones, missing ones, and another document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from extractor.browser import downloads
from extractor.errors import DocumentRefused, WrongDocument
from extractor.registry import download, save_link
from tests.support.standin_client import StandinClient

from .client import PACE, Client, index
from .conftest import NewClient

# `make odd-sites` plays these cases: each fault and each delivery is in another case, too.
BROAD = pytest.mark.broad


@pytest.mark.parametrize(
    ("ending", "delivery", "words"),
    [
        ("414", "attachment", "HTML page came instead"),
        pytest.param("414", "inline", "HTML page came instead", marks=BROAD),
        pytest.param("414", "new_window", "HTML page came instead", marks=BROAD),
        ("414", "intermediate_page", "HTML page came instead"),
        pytest.param("415", "attachment", "cut short|does not parse", marks=BROAD),
        ("415", "inline", "cut short|does not parse"),
        ("416", "attachment", "empty file"),
        pytest.param("416", "inline", "empty file", marks=BROAD),
    ],
)
def test_a_bad_file_is_refused_after_one_consultation(
    new_client: NewClient, standin: StandinClient, ending: str, delivery: str, words: str
) -> None:
    client = new_client(logged_in=True, pace=replace(PACE, page_timeout=2, document_timeout=4))
    standin.set_variants(delivery=delivery)

    with pytest.raises(DocumentRefused, match=words):
        client.fetch(index(f"2784{ending}"))

    assert len(standin.consultations()) == 1
    assert client.marks.is_set
    assert client.file.exists()


def test_a_download_that_does_not_come_is_fetched_by_its_address(new_client: NewClient, standin: StandinClient) -> None:
    client = new_client(logged_in=True, pace=replace(PACE, page_timeout=2))
    client.page.route("**/*impri_sauvg*", lambda route: route.fulfill(status=204))

    assert "Numéro: 2784195" in client.fetch(index("2784195"))
    assert len(standin.consultations()) == 1


def test_a_download_whose_file_is_late_is_kept_within_bounds(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, looks = downloads.files, iter(range(4))

    def late() -> frozenset[Path]:
        """As for a moment after Playwright told of the download: the first look is before the press."""
        return frozenset() if next(looks, None) is not None else kept()

    monkeypatch.setattr(save_link, "files", kept)
    monkeypatch.setattr(downloads, "files", late)
    monkeypatch.setattr(download, "STALL", 0.5)
    monkeypatch.setattr(download, "FIRST_PAUSE", 0.1)
    standin.set_variants(file_fault="stall", file_fault_times=1)

    assert "Numéro: 2784195" in client.fetch(index("2784195"))
    assert next(looks, None) is None


def test_another_document_is_refused(client: Client, standin: StandinClient) -> None:
    with pytest.raises(WrongDocument, match="another document"):
        client.fetch(index("2784417"))

    assert len(standin.consultations()) == 1
