"""Answers to the paid POST that are hard to read: what they say is kept, and no error hides that it was sent."""

from __future__ import annotations

import gzip

import pytest

from extractor.registry.plain_post import NeverSent
from tests.support.raw_server import RawServer, refusing_port

from .posting import HALF, PAGE, TO, answered, chunk, moved, page

NOWHERE = {
    "refused": f"http://127.0.0.1:{refusing_port()}/",
    "unknown_host": "http://registry.invalid/",
    "other_scheme": "ftp://registry.invalid/",
}


@pytest.mark.parametrize("location", NOWHERE.values(), ids=NOWHERE)
def test_a_hop_that_leads_nowhere_is_no_proof_that_nothing_was_sent(server: RawServer, location: str) -> None:
    with pytest.raises(OSError, match=r".") as lost:
        answered(server, f"HTTP/1.1 307 Again\r\nLocation: {location}\r\n\r\n".encode())

    assert len(server.requests) == 1
    assert not isinstance(lost.value, NeverSent)


HEADS = {
    "103_before": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + moved(TO),
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_location_is_read_where_a_browser_reads_it(server: RawServer, head: bytes) -> None:
    assert answered(server, head).location == f"{server.url}/document"


@pytest.mark.parametrize("name", ["Évain", "Île", "à la"])
def test_each_byte_of_an_accent_in_utf_8_is_kept(server: RawServer, name: str) -> None:
    location = answered(server, f"HTTP/1.1 302 Found\r\nLocation: /{name}\r\n\r\n".encode()).location

    assert location in (f"{server.url}/%C3%89vain", f"{server.url}/%C3%8Ele", f"{server.url}/%C3%A0%20la")


COMPLETE = {
    "length": page(f"Content-Length: {len(HALF)}", body=HALF),
    "no_body": page("Content-Length: 0", body=b""),
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
}


@pytest.mark.parametrize("sent", COMPLETE.values(), ids=COMPLETE)
def test_a_body_of_its_whole_length_is_whole_while_the_line_stays_open(server: RawServer, sent: bytes) -> None:
    server.keeps_lines = True

    assert answered(server, sent).is_whole


def test_the_end_of_a_page_is_found_in_what_was_packed(server: RawServer) -> None:
    packed = page("Content-Encoding: gzip", "Content-Length: 500", body=gzip.compress(PAGE, mtime=0))

    assert answered(server, packed).is_whole


STRAY = {
    "location": moved("Location: http://[registry/"),
    "chunk": page("Transfer-Encoding: chunked", body=chunk(HALF) + b"1" * 70_000 + b"\r\n"),
}


@pytest.mark.parametrize("sent", STRAY.values(), ids=STRAY)
def test_no_answer_raises_another_error_than_oserror(server: RawServer, sent: bytes) -> None:
    try:
        answered(server, sent)
    except OSError:
        assert len(server.requests) == 1
