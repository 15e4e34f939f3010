"""Every fault of a file, seen from outside: what a visitor gets, and what a PDF reader says about it."""

from __future__ import annotations

import hashlib
import io
import time
import zlib

import httpx
import pypdf
import pytest

from extractor.standin.demand import Demand
from extractor.standin.documents import draw
from tests.support.standin_client import StandinClient

from .visitor import Visitor, text_of

WHOLE = draw(Demand(source="index", number="2784195", circonscription="Montréal", cadastre="Cadastre du Québec"))
LOT = "Lot : 2 784 195"


def file_with(visitor: Visitor, standin: StandinClient, fault: str, **variants: object) -> httpx.Response:
    standin.set_variants(file_fault=fault, **variants)
    return visitor.save(visitor.search("index", "2784195"))


def received_of(visitor: Visitor, error: type[httpx.TransportError]) -> bytes:
    """The bytes that come of a file whose transfer ends in an error."""
    link = visitor.frame(visitor.search("index", "2784195"), "menu").links["Sauvegarder"]["href"]
    received = bytearray()
    with visitor.http.stream("GET", link) as response:

        def read() -> None:
            for chunk in response.iter_raw():
                received.extend(chunk)

        with pytest.raises(error):
            read()
    return bytes(received)


def pages_of(content: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


@pytest.mark.parametrize("status", [404, 500, 503])
def test_link_answers_with_an_error_this_many_times(visitor: Visitor, standin: StandinClient, status: int) -> None:
    standin.set_variants(file_fault=f"status_{status}", file_fault_times=2)
    page = visitor.search("index", "2784195")

    assert [visitor.save(page).status_code for _ in range(3)] == [status, status, 200]
    assert [entry.fault for entry in standin.documents()] == [f"status_{status}"] * 2 + [""]
    assert {entry.reference for entry in standin.documents()} == {standin.consultations()[0].reference}
    assert len(standin.consultations()) == 1


def test_link_answers_with_an_error_for_this_long(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(file_fault="status_503", file_fault_seconds=0.3)
    page = visitor.search("index", "2784195")
    deadline = time.monotonic() + 5
    statuses = [visitor.save(page).status_code]
    while statuses[-1] != 200 and time.monotonic() < deadline:
        statuses.append(visitor.save(page).status_code)

    assert statuses[0] == 503
    assert statuses[-1] == 200


def test_each_document_has_its_faults(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(file_fault="empty", file_fault_times=1)
    for number in ("2784195", "2784196"):
        page = visitor.search("index", number)
        assert [bool(visitor.save(page).content) for _ in range(2)] == [False, True]


@pytest.mark.parametrize("delivery", ["attachment", "inline"])
def test_transfer_that_is_cut(visitor: Visitor, standin: StandinClient, delivery: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        file_with(visitor, standin, "cut", file_fault_times=1, delivery=delivery)

    (document,) = standin.documents()
    assert (document.fault, document.bytes) == ("cut", len(WHOLE) // 2)
    text_of(visitor.http.get(f"{standin.consultations()[0].address}".replace("afich", "impri_sauvg")))


def test_transfer_that_stalls_after_half(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(file_fault="stall")
    visitor.http.timeout = httpx.Timeout(1)

    assert received_of(visitor, httpx.ReadTimeout) == WHOLE[: len(WHOLE) // 2]


def test_compressed_file_without_its_last_bytes(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(file_fault="gzip_cut")

    assert zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(received_of(visitor, httpx.RemoteProtocolError)) == WHOLE


def test_link_says_that_the_site_is_closed(visitor: Visitor, standin: StandinClient) -> None:
    saved = file_with(visitor, standin, "closed")

    assert saved.status_code == 200
    assert "fermé" in saved.text


def test_content_length_that_is_too_long_comes_with_all_bytes(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(file_fault="length_too_long")

    assert received_of(visitor, httpx.RemoteProtocolError) == WHOLE


def test_content_length_that_is_too_short_leaves_the_end_behind(visitor: Visitor, standin: StandinClient) -> None:
    saved = file_with(visitor, standin, "length_too_short")

    assert WHOLE.startswith(saved.content)
    assert b"%%EOF" not in saved.content
    assert standin.documents()[0].document_sha256 == hashlib.sha256(WHOLE).hexdigest()  # all of it was on the line
    assert visitor.save(visitor.search("index", "2784195")).status_code == 200  # on a line of its own


@pytest.mark.parametrize(
    ("fault", "status", "content_type"),
    [
        ("type_html", 200, "text/html; charset=utf-8"),
        ("type_octet_stream", 200, "application/octet-stream"),
        ("whole_206", 206, "application/pdf"),
        ("whole_500", 500, "application/pdf"),
    ],
)
def test_whole_file_that_is_wrongly_announced(
    visitor: Visitor, standin: StandinClient, fault: str, status: int, content_type: str
) -> None:
    saved = file_with(visitor, standin, fault)

    assert (saved.status_code, saved.headers["content-type"]) == (status, content_type)
    assert saved.content == WHOLE


@pytest.mark.parametrize(
    ("fault", "beginning", "end"),
    [
        ("html", b"<html>", b"</html>"),
        ("half", b"%PDF-", WHOLE[: len(WHOLE) // 2][-20:]),
        ("empty", b"", b""),
        ("junk_before", b"\r\n\r\n", b"%%EOF\n"),
        ("html_behind", b"%PDF-", b"</html>"),
        ("zeros_behind", b"%PDF-", bytes(100)),
        ("no_eof", b"%PDF-", WHOLE[:-6][-20:]),
        ("update_cut", b"%PDF-", b"/MediaBox [0 0"),
    ],
)
def test_bytes_that_are_not_a_whole_pdf(
    visitor: Visitor, standin: StandinClient, fault: str, beginning: bytes, end: bytes
) -> None:
    saved = file_with(visitor, standin, fault)

    assert saved.content.startswith(beginning)
    assert saved.content.endswith(end)
    assert saved.content != WHOLE
    assert saved.headers["content-type"].startswith("text/html" if fault == "html" else "application/pdf")
    assert standin.documents()[0].bytes == len(saved.content)


def test_junk_is_as_long_as_the_variant_says(visitor: Visitor, standin: StandinClient) -> None:
    assert file_with(visitor, standin, "junk_before", file_junk_bytes=17).content.index(b"%PDF-") == 17


@pytest.mark.parametrize(
    "fault",
    ["junk_before", "html_behind", "zeros_behind", "broken_xref", "open_encryption", "strokes"],
)
def test_odd_file_can_still_be_read(visitor: Visitor, standin: StandinClient, fault: str) -> None:
    saved = file_with(visitor, standin, fault, file_strokes=10)

    assert LOT in pages_of(saved.content)[0]


def test_pypdf_does_not_read_unknown_encryption(visitor: Visitor, standin: StandinClient) -> None:
    saved = file_with(visitor, standin, "unknown_encryption")

    with pytest.raises(NotImplementedError, match="handler"):
        pages_of(saved.content)


def test_real_password_is_wanted(visitor: Visitor, standin: StandinClient) -> None:
    saved = file_with(visitor, standin, "password")

    with pytest.raises(pypdf.errors.FileNotDecryptedError):
        pages_of(saved.content)


def test_document_without_a_page(visitor: Visitor, standin: StandinClient) -> None:
    assert pages_of(file_with(visitor, standin, "no_page").content) == []


def test_strokes_are_as_many_as_the_variant_says(visitor: Visitor, standin: StandinClient) -> None:
    saved = file_with(visitor, standin, "strokes", file_strokes=250_007)

    page = pypdf.PdfReader(io.BytesIO(saved.content)).pages[0]
    (_, drawing) = page.raw_get("/Contents")
    assert drawing.get_object().get_data().count(b" l S\n") == 250_007


@pytest.mark.parametrize(
    ("fault", "has", "lacks"),
    [
        ("another_document", ["Lot : 2 784 196"], ["2784195", "2 784 195"]),
        ("another_that_quotes", ["Lot : 2 784 196", "Voir 2 784 195", "195 000 $", "25 616 195"], [LOT]),
        ("another_suffix", ["Lot : 2784195A"], [LOT]),
        ("another_cadastre", [LOT, "Circonscription foncière : Montréal"], ["Cadastre : Cadastre du Québec"]),
        ("another_circonscription", [LOT, "Circonscription foncière : Abitibi"], ["Montréal"]),
    ],
)
def test_text_of_another_document(
    visitor: Visitor, standin: StandinClient, fault: str, has: list[str], lacks: list[str]
) -> None:
    text = text_of(file_with(visitor, standin, fault))

    assert [line for line in has if line not in text] == []
    assert [line for line in lacks if line in text] == []


@pytest.mark.parametrize(
    ("number", "acte_type", "other"), [("25616321", "Acte", "T 25"), ("T25616321", "Radiation", "25")]
)
def test_acte_of_the_other_series(
    visitor: Visitor, standin: StandinClient, number: str, acte_type: str, other: str
) -> None:
    standin.set_variants(file_fault="another_suffix")

    text = text_of(visitor.save(visitor.search("acte", number, acte_type=acte_type)))

    assert f"Numéro d'inscription : {other} 616 321" in text


def test_file_without_text(visitor: Visitor, standin: StandinClient) -> None:
    assert pages_of(file_with(visitor, standin, "no_text").content) == [""]


def test_an_ending_has_its_fault_whatever_the_variants_say(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(file_fault="strokes", file_fault_times=1)

    assert visitor.save(visitor.search("index", "2784416")).content == b""
    assert standin.documents()[0].fault == "empty"
