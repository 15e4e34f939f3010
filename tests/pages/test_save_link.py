"""The save link and what answers it, in shapes that other sites have: each costs one charge and brings the document."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from extractor.errors import DocumentRefused, SiteClosed
from extractor.registry import download
from extractor.standin import addresses
from extractor.standin.exchange import Exchange
from extractor.standin.files import file_of
from extractor.standin.handlers import downloads, frames
from extractor.standin.kinds import FileFault
from extractor.standin.pages import frames as frame_pages
from extractor.standin.purchases import Purchase, at
from extractor.standin.transfers import LINE
from extractor.standin.variants import Variants
from tests.support.standin_client import StandinClient

from .client import PACE, Client, index
from .conftest import NewClient

# Broad and slow: `make odd-sites` plays them.
pytestmark = pytest.mark.broad

PDF = "application/pdf"
ATTACHED = {"content-disposition": "attachment; filename=a.pdf", "cache-control": "no-store"}
TITLE = "title='Sauvegarder ou imprimer le document'"

Answer = Callable[[Exchange, Purchase, bytes], Response | None]


class Raw(Response):
    """An answer whose head and body are written onto the line as they are, which then ends."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        line: asyncio.Transport = scope[LINE]
        line.write(bytes(self.body))
        line.close()
        while (await receive())["type"] != "http.disconnect":
            pass


class Slow(StreamingResponse):
    """A file in twenty parts, one each 0.2 s, after a time without an answer."""

    def __init__(self, content: bytes, *, pause: float = 0.2, before: float = 0) -> None:
        super().__init__(self._parts(content, pause), headers=ATTACHED, media_type=PDF)
        self.body = content  # the stand-in's ledger hashes it
        self._before = before

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self._before)
        await super().__call__(scope, receive, send)

    @staticmethod
    async def _parts(content: bytes, pause: float) -> AsyncIterator[bytes]:
        step = len(content) // 20 + 1
        for start in range(0, len(content), step):
            yield content[start : start + step]
            await asyncio.sleep(pause)


def raw(body: bytes, *, length: int, more: bytes = b"") -> Raw:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n%bContent-Length: %d\r\n\r\n" % (more, length)
    return Raw(head + body)


def page(body: str, head: str = "") -> Response:
    return HTMLResponse(f"<html><head><title>Impression</title>{head}</head><body>{body}</body></html>")


def file(content: bytes, headers: dict[str, str] = ATTACHED) -> Response:
    return Response(content, headers=headers, media_type=PDF)


def direct(purchase: Purchase) -> str:
    """Another address of the file, which no page is in front of and no save link has."""
    return f"{purchase.address}&direct=1"


def saving(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    """Let the save link answer so; None is the file, and so is its direct address."""

    async def respond(exchange: Exchange, purchase: Purchase, _fault: FileFault | None) -> Response:
        content = file_of(purchase.order.demand, None, exchange.variants)
        return answer(exchange, purchase, content) or file(content)

    async def document(exchange: Exchange, purchase: Purchase) -> Response | None:
        is_direct = "direct" in exchange.request.query_params
        return file(file_of(purchase.order.demand, None, exchange.variants)) if is_direct else None

    monkeypatch.setattr(downloads, "_answer", respond)
    monkeypatch.setattr(frames, "wait", document)


def linking(monkeypatch: pytest.MonkeyPatch, html: str) -> None:
    """Let the document page have these save links; `{save}` is the address of the file, `{t}` the link's title."""

    def save_link(reference: int, _variants: Variants) -> str:
        return html.format(save=at(addresses.SAVE, reference), t=TITLE)

    monkeypatch.setattr(frame_pages, "_save_link", save_link)


def assert_saved(client: Client, standin: StandinClient) -> None:
    """The one charge brought the document."""
    client.fetch(index("2784195"))

    assert len(standin.consultations()) == 1


@pytest.fixture
def client(new_client: NewClient) -> Client:
    return new_client(logged_in=True, pace=replace(PACE, document_timeout=25))


LINKS = {
    "accents": "<a {t} href='{save}&nom=Montréal'>Sauver</a>",
    "blanks": "<a {t} href=' {save}&nom=Lot 227.pdf '>Sauver</a>",
    "a fragment": "<a {t} href='{save}#page=1'>Sauver</a>",
    "an entity": "<a {t} href='{save}&amp;nom=a&#233;'>Sauver</a>",
    "a line end": "<a {t} href='{save}&\nnom=a'>Sauver</a>",
    "a base": "<base href='/'><a {t} href='.{save}'>Sauver</a>",
    "a script": "<a {t} href=\"javascript:location.href='{save}'\">Sauver</a>",
    "a script that asks": "<a {t} href=\"javascript:if(confirm('Imprimer?'))location.href='{save}'\">Sauver</a>",
    "a question": "<a {t} href='{save}' onclick=\"return confirm('Imprimer?')\">Sauver</a>",
    "a question about copies": "<a {t} href=# onclick=\"if(prompt('Copies?','1'))location='{save}'\">Sauver</a>",
    "no address": "<a title='Sauvegarder' onclick=\"location.href='{save}'\">Sauver</a>",
    "only a fragment": "<a {t} href='#' onclick=\"top.location.href='{save}'\">Sauver</a>",
    "no address of the web": "<a {t} href='http://[bad/' onclick=\"location='{save}';return false\">Sauver</a>",
    "a port that cannot be": "<a {t} href='http://a:99999/' onclick=\"location='{save}';return false\">Sauver</a>",
    "a hidden one first": "<a hidden {t} href='/Sirf/rien'>x</a><a {t} href='{save}'>Sauver</a>",
    "a wrong one first": "<a {t} href='/Sirf/rien'>x</a><a {t} href='{save}'>Sauver</a>",
    "hidden only": "<span style='display:none'><a {t} onclick=\"location.href='{save}'\">Sauver</a></span>",
    "a script that wants a mouse": "<a {t} onclick=\"if(event.isTrusted)location.href='{save}'\">Sauver</a>",
    "a script that sees the mouse early": "<a {t} href='#' onmousedown=\"location.href='{save}'\">Sauver</a>",
    "covered": "<div style='position:fixed;inset:0'></div><a {t} onclick=\"location.href='{save}'\">Sauver</a>",
}


@pytest.mark.parametrize("fails", [0, 2])
@pytest.mark.parametrize("html", LINKS.values(), ids=LINKS)
def test_a_link_of_any_shape(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, html: str, fails: int
) -> None:
    linking(monkeypatch, html)
    if fails:
        standin.set_variants(file_fault="status_503", file_fault_times=fails)

    assert_saved(client, standin)


@pytest.mark.parametrize("scheme", ["", "HTTP:"])
def test_a_link_with_a_host(
    client: Client, standin: StandinClient, base_url: str, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    host = base_url.removeprefix("http:")
    linking(monkeypatch, f"<a {TITLE} href='{scheme}{host}{{save}}'>Sauvegarder</a>")
    standin.set_variants(file_fault="status_503", file_fault_times=2)

    assert_saved(client, standin)


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1"])
def test_a_link_with_accents_in_a_page_of_any_encoding(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    linking(monkeypatch, LINKS["accents"])
    standin.set_variants(encoding=encoding, file_fault="status_503", file_fault_times=1)

    assert_saved(client, standin)


def test_a_cookie_with_accents(client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch) -> None:
    linking(monkeypatch, LINKS["a fragment"] + "<script>document.cookie = 'nom=Montréal→; path=/'</script>")
    standin.set_variants(file_fault="status_503", file_fault_times=1)

    assert_saved(client, standin)


@pytest.mark.parametrize("name", ["MENU", "haut"])
def test_a_link_in_a_frame_of_another_name(
    new_client: NewClient, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    client = new_client(logged_in=True, pace=replace(PACE, page_timeout=5))
    client.fetch(index("2784195"))
    frameset = frame_pages.frameset
    monkeypatch.setattr(
        frame_pages, "frameset", lambda *of: frameset(*of).replace('"menu"', f'"{name}"').replace('"page"', '"bas"')
    )
    client.page.goto(client.marks.address)
    client.file.unlink()

    assert client.save().is_whole
    assert len(standin.consultations()) == 1


# --- what answers the link -------------------------------------------------------------------------


def _shown(html: str) -> Answer:
    return lambda _exchange, purchase, _content: page(html.format(file=direct(purchase)))


def _gzip(content: bytes, headers: dict[str, str] = ATTACHED) -> Response:
    return file(gzip.compress(content, mtime=0), {**headers, "content-encoding": "gzip"})


def _cut_gzip(content: bytes) -> Response:
    packed = gzip.compress(content, mtime=0)
    return raw(packed[:-8], length=len(packed), more=b"Content-Encoding: gzip\r\n")


def _multipart(content: bytes, kind: str) -> Response:
    body = b"--b\r\nContent-Type: application/pdf\r\n\r\n" + content + b"\r\n--b--\r\n"
    return Response(body, headers={"content-type": f"multipart/{kind}; boundary=b", "cache-control": "no-store"})


def _bare_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def _redirect(purchase: Purchase, encoding: str) -> Response:
    location = f"{direct(purchase)}&nom=Montréal Lot 1".encode(encoding)
    return Raw(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %b\r\n\r\n" % location)


ANSWERS: dict[str, Answer] = {
    "an embed": _shown("<embed type='application/pdf' src='{file}'>"),
    "an object": _shown("<object type='application/pdf' data='{file}'></object>"),
    "an iframe": _shown("<iframe src='{file}'></iframe>"),
    "a link": _shown("<a href='{file}'>Cliquez ici</a>"),
    "a link with accents": _shown("<a href=' {file}&nom=Montréal à Lot 1'>Cliquez ici</a>"),
    "a link among others": _shown("<a href='/Sirf/'>Accueil</a><a href='#'>Haut</a><a href='{file}'>Cliquez ici</a>"),
    "a link after a second": _shown("<script>setTimeout(\"location='{file}'\", 1000)</script>"),
    "a page around a page": _shown("<iframe srcdoc='' src='about:blank'></iframe><a href='{file}'>PDF</a>"),
    "a window": _shown("<script>window.open('{file}')</script>"),
    "gzip": lambda _x, _p, content: _gzip(content),
    "gzip cut off": lambda _x, _p, content: _cut_gzip(content),
    "gzip unsaid": lambda _x, _p, content: file(gzip.compress(content, mtime=0)),
    "gzip said and untrue": lambda _x, _p, content: file(content, {**ATTACHED, "content-encoding": "gzip"}),
    "deflate": lambda _x, _p, content: file(zlib.compress(content), {**ATTACHED, "content-encoding": "deflate"}),
    "deflate with another length": lambda _x, _p, content: raw(
        zlib.compress(content)[:-4], length=len(content), more=b"Content-Encoding: deflate\r\n"
    ),
    "bare deflate with another length": lambda _x, _p, content: raw(
        _bare_deflate(content), length=len(content), more=b"Content-Encoding: deflate\r\n"
    ),
    "several parts": lambda _x, _p, content: _multipart(content, "mixed"),
    "parts that replace each other": lambda _x, _p, content: _multipart(content, "x-mixed-replace"),
    "a redirect with accents": lambda _x, purchase, _content: _redirect(purchase, "utf-8"),
    "a redirect in Latin letters": lambda _x, purchase, _content: _redirect(purchase, "iso-8859-1"),
    "a redirect for the method": lambda _x, purchase, _content: RedirectResponse(direct(purchase), 307),
    "another case of the type": lambda _x, _p, content: Response(
        content, headers={"content-type": "Application/PDF", "content-disposition": "inline"}
    ),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_of_any_shape(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    saving(monkeypatch, answer)

    assert_saved(client, standin)


def _at_first(purchase: Purchase, response: Response) -> Response | None:
    return response if len(purchase.downloads) <= 3 else None


FIRST_ANSWERS: dict[str, Answer] = {
    "closed": lambda _x, purchase, _content: _at_first(
        purchase, page("<table><td class=contValErr>Impression actuellement fermé, essayez encore</td></table>")
    ),
    "closed, as an error": lambda _x, purchase, _content: _at_first(
        purchase, HTMLResponse("<td class=contValErr>Service fermé</td>", 503)
    ),
    "a redirect that leads nowhere": lambda _x, purchase, _content: _at_first(
        purchase, Raw(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://[bad/\r\n\r\n")
    ),
    "a redirect to a port that cannot be": lambda _x, purchase, _content: _at_first(
        purchase, Raw(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:99999/\r\n\r\n")
    ),
    "no status line": lambda _x, purchase, _content: _at_first(purchase, Raw(b"\x15\x03\x01\r\n\r\n")),
}


@pytest.mark.parametrize("answer", FIRST_ANSWERS.values(), ids=FIRST_ANSWERS)
@pytest.mark.parametrize("target", ["", "_blank"])
def test_an_answer_that_passes(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, answer: Answer, target: str
) -> None:
    saving(monkeypatch, answer)
    linking(monkeypatch, f"<a {TITLE} href='{{save}}' target='{target}'>Sauvegarder</a>")

    assert_saved(client, standin)


def test_a_window_that_asks_first(client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch) -> None:
    saving(monkeypatch, _shown("<script>if(confirm('Imprimer?'))location.href='{file}';</script>"))
    linking(monkeypatch, f"<a {TITLE} href='{{save}}' target='_blank'>Sauvegarder</a>")

    assert_saved(client, standin)


def test_a_page_that_is_closed_until_the_bound(
    new_client: NewClient, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = new_client(logged_in=True, pace=replace(PACE, document_timeout=8, page_timeout=2))
    saving(monkeypatch, lambda _x, _p, _c: page("<table><td class=contValErr>Service fermé</td></table>"))

    with pytest.raises(SiteClosed):
        client.fetch(index("2784195"))

    assert len(standin.documents()) > 2
    assert client.marks.is_set


AWAY = {
    "the end of the session": addresses.LOGOUT,
    "the document given up": addresses.ABANDON,
    "another form": addresses.INDEX_FORM,
    "another host": "http://autre.invalid/a.pdf",
}


@pytest.mark.parametrize("address", AWAY.values(), ids=AWAY)
def test_a_link_that_leads_away_is_not_followed(
    new_client: NewClient, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    client = new_client(logged_in=True, pace=replace(PACE, document_timeout=15, page_timeout=2))
    saving(
        monkeypatch,
        lambda _x, purchase, _c: _at_first(
            purchase, page(f"<a href='{address}?noDemnd={purchase.reference}'>Continuer</a>")
        ),
    )

    assert_saved(client, standin)
    assert "abandoned" not in {entry.kind for entry in standin.ledger()}


# --- slow files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["link", "address"])
def test_a_slow_and_steady_file_comes(
    new_client: NewClient, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The file takes 4 s, and a transfer may take 3 s at first."""
    client = new_client(logged_in=True, pace=replace(PACE, document_timeout=22, page_timeout=5))
    monkeypatch.setattr(download, "TRANSFER", 3.0)
    monkeypatch.setattr(download, "STALL", 1.5)
    saving(monkeypatch, lambda _x, _p, content: Slow(content))
    if way == "address":
        client.page.route("**/*impri_sauvg*", lambda route: route.fulfill(status=204))

    assert_saved(client, standin)

    served = {entry.document_sha256 for entry in standin.documents()}
    assert hashlib.sha256(client.file.read_bytes()).hexdigest() in served


def test_a_file_that_is_long_in_coming_comes(
    new_client: NewClient, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file's first byte takes 3 s each time, and the first round waits for less."""
    client = new_client(logged_in=True, pace=replace(PACE, document_timeout=25, page_timeout=2))
    monkeypatch.setattr(download, "STALL", 1.0)
    saving(monkeypatch, lambda _x, _p, content: Slow(content, pause=0, before=3))

    assert_saved(client, standin)


def test_a_file_that_never_ends_is_given_up_at_the_bound(
    new_client: NewClient, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = new_client(logged_in=True, pace=replace(PACE, document_timeout=6, page_timeout=2))
    monkeypatch.setattr(download, "STALL", 1.0)
    saving(monkeypatch, lambda _x, _p, _c: Slow(b" " * 4000, pause=0.5))

    with pytest.raises(DocumentRefused, match="instead of a PDF"):
        client.fetch(index("2784195"))

    assert len(standin.consultations()) == 1
