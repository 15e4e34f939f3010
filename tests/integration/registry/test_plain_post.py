"""The client of the paid POST on raw lines: it sends once, and takes from an answer whatever a browser would take."""

from __future__ import annotations

import gzip
import zlib

import pytest

from extractor.registry import plain_post
from extractor.registry.plain_post import MAX_HOPS, NeverSent
from tests.support.raw_server import RawServer, refusing_port

from .posting import HALF, PAGE, TO, answered, chunk, moved, page, send


def deflated(data: bytes, bits: int) -> bytes:
    squeeze = zlib.compressobj(wbits=bits)
    return squeeze.compress(data) + squeeze.flush()


def test_the_request_arrives_as_the_browser_would_send_it(server: RawServer) -> None:
    answered(server, page())

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().casefold().split("\r\n")
    assert lines[0] == "post /sirf/form.asp http/1.1"
    assert {"content-type: application/x-www-form-urlencoded", "cookie: session=1", "content-length: 3"} < set(lines)
    assert {"accept-encoding: identity", "connection: close"} < set(lines)
    assert body == b"a=1"


HEADS = {
    "plain": moved(TO, "Content-Length: 0"),
    "no_length": moved(TO),
    "length_too_long": moved(TO, "Content-Length: 500", body=PAGE),
    "length_twice": moved(TO, "Content-Length: 0", "Content-Length: 0"),
    "length_is_no_number": moved(TO, "Content-Length: many", body=PAGE),
    "length_and_chunked": moved(TO, "Content-Length: 10", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "chunked_cut": moved(TO, "Transfer-Encoding: chunked", body=b"5\r\n<h1>m\r\n"),
    "raw_deflate": moved(TO, "Content-Encoding: deflate", body=deflated(PAGE, -zlib.MAX_WBITS)),
    "false_gzip": moved(TO, "Content-Encoding: gzip", body=PAGE),
    "line_feeds": moved(TO, "Content-Length: 0", end="\n"),
    "control_character_before": moved("X-Note: a\x01b", TO),
    "blank_before_colon": moved("X-Note : a", TO),
    "location_with_a_blank_before_its_colon": moved("Location : /document"),
    "no_colon_before": moved("X-Note", TO),
    "header_of_20_kb": moved(f"X-Big: {'a' * 20_000}", TO),
    "small_letters": moved("location:/document"),
    "no_reason": b"HTTP/1.1 302\r\nLocation: /document\r\n\r\n",
    "http_1_0": b"HTTP/1.0 302 Moved\r\nLocation: /document\r\n\r\n",
    "100_continue_before": b"HTTP/1.1 100 Continue\r\n\r\n" + moved(TO),
    "head_cut_behind_the_location": b"HTTP/1.1 302 Found\r\nLocation: /document\r\n",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_location_is_read_however_its_head_is_written(server: RawServer, head: bytes) -> None:
    answer = answered(server, head)

    assert (answer.status, answer.location) == (302, f"{server.url}/document")
    assert answer.headers["location"] == answer.location
    assert not {"content-length", "content-encoding", "transfer-encoding"} & answer.headers.keys()


def test_the_body_of_a_redirect_is_not_waited_for(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_post, "STALL_SECONDS", 60)
    server.keeps_lines = True

    assert answered(server, moved(TO, "Content-Length: 500", body=b"<h1>")).location == f"{server.url}/document"


LOCATIONS = {
    "rooted": (b"/a?b=1&c=%20", "{site}/a?b=1&c=%20"),
    "relative": (b"next.asp?b=1", "{site}/Sirf/next.asp?b=1"),
    "one_up": (b"../next.asp", "{site}/next.asp"),
    "query_only": (b"?b=1", "{site}/Sirf/form.asp?b=1"),
    "whole": (b"https://example.invalid/a", "https://example.invalid/a"),
    "without_scheme": (b"//example.invalid/a", "http://example.invalid/a"),
    "accent_in_utf_8": ("/Montréal?b=é".encode(), "{site}/Montr%C3%A9al?b=%C3%A9"),
    "accent_in_latin_1": ("/Montréal?b=é".encode("latin-1"), "{site}/Montr%E9al?b=%E9"),
    "blank": (b"/Lot 1.asp", "{site}/Lot%201.asp"),
    "blanks_around": (b"  /a  ", "{site}/a"),
}


@pytest.mark.parametrize(("location", "whole"), LOCATIONS.values(), ids=LOCATIONS)
def test_a_location_becomes_a_whole_address_of_ascii_letters(server: RawServer, location: bytes, whole: str) -> None:
    answer = answered(server, b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")

    assert answer.location == whole.format(site=server.url)


def test_all_cookies_of_an_answer_are_kept(server: RawServer) -> None:
    answer = answered(server, moved("Set-Cookie: A=1; path=/", "set-cookie : B=a=b c", TO))

    assert answer.headers["set-cookie"] == "A=1; path=/\nB=a=b c"


BODIES = {
    "length": (page(f"Content-Length: {len(PAGE)}"), PAGE, True),
    "no_length": (page(), PAGE, True),
    "length_too_short": (page("Content-Length: 5"), PAGE, True),
    "length_too_long_but_the_page_ends": (page("Content-Length: 500"), PAGE, True),
    "cut": (page("Content-Length: 500", body=HALF), HALF, False),
    "chunked": (page("Transfer-Encoding: chunked", body=chunk(HALF) + chunk(PAGE[20:]) + b"0\r\n\r\n"), PAGE, True),
    "chunked_cut": (page("Transfer-Encoding: chunked", body=chunk(HALF)), HALF, False),
    "chunked_without_its_end_but_the_page_ends": (page("Transfer-Encoding: chunked", body=chunk(PAGE)), PAGE, True),
    "gzip": (page("Content-Encoding: gzip", body=gzip.compress(PAGE, mtime=0)), PAGE, True),
    "x_gzip": (page("Content-Encoding: X-GZip", body=gzip.compress(PAGE, mtime=0)), PAGE, True),
    "zlib": (page("Content-Encoding: deflate", body=zlib.compress(PAGE)), PAGE, True),
    "raw_deflate": (page("Content-Encoding: deflate", body=deflated(PAGE, -zlib.MAX_WBITS)), PAGE, True),
    "false_gzip": (page("Content-Encoding: gzip"), PAGE, True),
    "empty": (page("Content-Length: 0", body=b""), b"", True),
    "pdf_too_short_for_its_length": (page("Content-Length: 90", body=b"%PDF-1.4\n%%EOF\n"), b"%PDF-1.4\n%%EOF\n", True),
}


@pytest.mark.parametrize(("sent", "body", "is_whole"), BODIES.values(), ids=BODIES)
def test_a_body_is_whole_as_far_as_its_line_and_its_end_say(
    server: RawServer, sent: bytes, body: bytes, is_whole: bool
) -> None:
    answer = answered(server, sent)

    assert (answer.body, answer.is_whole) == (body, is_whole)
    assert answer.is_pdf == body.startswith(b"%PDF-")


@pytest.mark.parametrize(("body", "is_whole"), [(PAGE, True), (HALF, False)], ids=["whole", "half"])
def test_a_line_that_stays_open_does_not_hold_a_body_back(server: RawServer, body: bytes, is_whole: bool) -> None:
    server.keeps_lines = True

    answer = answered(server, page(f"Content-Length: {len(PAGE)}", body=body))

    assert (answer.body, answer.is_whole) == (body, is_whole)


@pytest.mark.parametrize("code", [307, 308])
def test_a_hop_gets_the_post_again_once_and_keeps_the_cookies(server: RawServer, code: int) -> None:
    hop = f"HTTP/1.1 {code} Again\r\nSet-Cookie: A=1\r\nLocation: second.asp\r\n\r\n".encode()

    answer = answered(server, hop, moved("Set-Cookie: B=2", TO))

    assert server.first_lines == ["POST /Sirf/form.asp HTTP/1.1", "POST /Sirf/second.asp HTTP/1.1"]
    assert all(b"\r\nCookie: SESSION=1\r\n" in one and one.endswith(b"\r\n\r\na=1") for one in server.requests)
    assert answer.hops == [f"{server.url}/Sirf/second.asp"]
    assert answer.location == f"{server.url}/document"
    assert answer.headers["set-cookie"] == "A=1\nB=2"


def test_hops_that_never_end_are_given_up(server: RawServer) -> None:
    hop = b"HTTP/1.1 307 Again\r\nLocation: /again\r\n\r\n"

    with pytest.raises(OSError, match="led on more than 5 times"):
        answered(server, *[hop] * (MAX_HOPS + 1))


LOST = {"nothing": b"", "half_a_status": b"HTTP/1.", "no_http": b"\x15\x03\x01\x00\x02\x02\x28"}


@pytest.mark.parametrize("sent", LOST.values(), ids=LOST)
def test_a_lost_answer_is_an_error_and_no_proof_that_nothing_was_sent(server: RawServer, sent: bytes) -> None:
    with pytest.raises(OSError, match=r".") as lost:
        answered(server, sent)

    assert not isinstance(lost.value, NeverSent)
    assert len(server.requests) == 1


def test_a_server_that_says_nothing_is_given_up_after_the_time(server: RawServer) -> None:
    server.answers, server.keeps_lines = [b""], True

    with pytest.raises(TimeoutError):
        send(server.url, seconds=0.2)

    assert len(server.requests) == 1


def test_a_refused_connection_proves_that_nothing_was_sent(server: RawServer) -> None:
    with pytest.raises(NeverSent):
        send(f"http://127.0.0.1:{refusing_port()}/")

    assert server.requests == []


@pytest.mark.parametrize("url", ["http://registry.invalid/", "ftp://registry.invalid/"], ids=["host", "scheme"])
def test_an_address_that_leads_nowhere_proves_that_nothing_was_sent(server: RawServer, url: str) -> None:
    with pytest.raises(NeverSent):
        send(url)

    assert server.requests == []
