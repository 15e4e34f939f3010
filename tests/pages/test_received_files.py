"""The document comes as a file, in whatever way: its bytes are kept, it is billed once, and nothing is given up."""

from __future__ import annotations

import base64
import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.responses import HTMLResponse, RedirectResponse, Response

from extractor.errors import ExtractorError
from extractor.models import ClickKind
from extractor.registry import paid_press, patience, received_files
from extractor.standin import addresses
from extractor.standin.exchange import Exchange
from extractor.standin.files import file_of
from extractor.standin.purchases import Purchase, at
from extractor.standin.transfers import PDF
from tests.support import odd_site, pdfs
from tests.support.odd_site import Raw, beside, beside_address, html, leading_on, pdf, purchase_of, script
from tests.support.standin_client import StandinClient

from .client import PACE, Client, assert_one_charge, index
from .conftest import NewClient

Setup = Callable[[pytest.MonkeyPatch], None]
Show = Callable[[pytest.MonkeyPatch, Callable[[Exchange, Purchase], Response]], None]

# Seconds, as short as the pages of this file allow.
RELOADS = (0.5, 1.0, 2.0, 4.0)
FOLLOW_AFTER = (1.0, 2.0, 4.0)
CASES: dict[str, Setup] = {}
# These stand for the others, which `make odd-sites` plays.
CORE = {
    "frame, inline",
    "window, attachment",
    "posted on, attachment",
    "blob, saved by a script",
    "once only",
    "as text/html, attachment",
    "in place: a form that posts itself",
    "in place: an embed",
    "asks whether to show it",
    "not whole and not new: 206",
}


@pytest.fixture
def client(new_client: NewClient, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(patience, "RELOADS", RELOADS)
    monkeypatch.setattr(paid_press, "FOLLOW_AFTER", FOLLOW_AFTER)
    return new_client(logged_in=True, pace=replace(PACE, page_timeout=6, document_timeout=20))


def _content(exchange: Exchange, purchase: Purchase) -> bytes:
    return file_of(purchase.order.demand, None, exchange.variants)


def _file(*, disposition: str) -> Callable[[Exchange], Response]:
    return lambda exchange: pdf(exchange, purchase_of(exchange), disposition=disposition)


def _posted(disposition: str) -> Callable[[Exchange], Response]:
    file = _file(disposition=disposition)
    return lambda exchange: file(exchange) if exchange.request.method == "POST" else html("Rien")


def _showing(body: str, *, file: Callable[[Exchange], Response], show: Show = odd_site.at_document) -> Setup:
    """A page whose `{pdf}` is the file's address and whose `{page}` that of the document's page."""

    def page(_: Exchange, purchase: Purchase) -> Response:
        told = body.replace("{pdf}", beside_address("pdf", purchase)).replace("{page}", purchase.address)
        return html("Votre document", told)

    def set_up(patch: pytest.MonkeyPatch) -> None:
        beside(patch, "pdf", file)
        show(patch, page)

    return set_up


def _sending(answer: Callable[[Exchange, Purchase], Response]) -> Setup:
    return lambda patch: odd_site.at_document(patch, answer)


def _typed(kind: str, disposition: str) -> Setup:
    def answer(exchange: Exchange, purchase: Purchase) -> Response:
        headers = {"content-disposition": f"{disposition}; filename=a.pdf"} if disposition else {}
        return Response(_content(exchange, purchase), headers=headers | {"content-type": kind})

    return _sending(answer)


def _at_first(count: int, bad: Callable[[Exchange, Purchase], Response]) -> Setup:
    """That answer so often, and then the document."""

    def set_up(patch: pytest.MonkeyPatch) -> None:
        asked: list[int] = []

        def answer(exchange: Exchange, purchase: Purchase) -> Response:
            asked.append(purchase.reference)
            return bad(exchange, purchase) if len(asked) <= count else pdf(exchange, purchase, disposition="attachment")

        odd_site.at_document(patch, answer)

    return set_up


def _once(patch: pytest.MonkeyPatch) -> None:
    given: set[int] = set()

    def answer(exchange: Exchange, purchase: Purchase) -> Response:
        if purchase.reference in given:
            return html("Ce document vous a déjà été remis.")
        given.add(purchase.reference)
        return pdf(exchange, purchase, disposition="attachment")

    odd_site.at_document(patch, answer)


def _base64(exchange: Exchange, purchase: Purchase) -> str:
    return base64.b64encode(_content(exchange, purchase)).decode()


def _zipped(exchange: Exchange, purchase: Purchase) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("document.pdf", _content(exchange, purchase))
    return packed.getvalue()


def _half(exchange: Exchange, purchase: Purchase) -> Response:
    content = _content(exchange, purchase)
    return Response(content[: len(content) // 2], headers={"content-disposition": "attachment"}, media_type=PDF)


def _nothing(*_: object) -> Response:
    return Response(b"", headers={"content-disposition": "attachment"}, media_type=PDF)


def _partial(exchange: Exchange, purchase: Purchase) -> Response:
    answer = pdf(exchange, purchase, disposition="attachment")
    answer.status_code = 206
    return answer


def _for_browsers_only(exchange: Exchange, purchase: Purchase) -> Response:
    if "accept-language" not in exchange.request.headers:
        return html("Accès refusé", status=403)
    return pdf(exchange, purchase, disposition="attachment")


def _untyped(exchange: Exchange, purchase: Purchase) -> Response:
    content = _content(exchange, purchase)
    return Raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content)


def _asking(question: str, *, seconds: float) -> Setup:
    """A page that shows the document when its question is confirmed, and gives it up otherwise."""

    def answer(exchange: Exchange, purchase: Purchase) -> Response | None:
        if "oui" in exchange.request.query_params:
            return None
        no = at(addresses.ABANDON, purchase.reference)
        ask = f"location.replace(confirm('{question}')?'{purchase.address}&oui=1':'{no}')"
        return html(script(f"setTimeout(function(){{{ask}}},{seconds * 1000:.0f})"))

    return lambda patch: odd_site.at_document(patch, answer)


def _posting_itself(patch: pytest.MonkeyPatch) -> None:
    beside(patch, "next", lambda exchange: RedirectResponse(purchase_of(exchange).address, 302))
    form = "<form method=post action='{next}'><input type=hidden name=a value=1></form>"
    odd_site.selling(
        patch,
        lambda _, purchase: html(
            form.replace("{next}", beside_address("next", purchase)), script("document.forms[0].submit()")
        ),
    )


def _noise_until_ready(_: Exchange, purchase: Purchase) -> Response | None:
    """A file that is no document comes first, as of a viewer that wants to be installed."""
    return None if purchase.is_ready else html(script(f"location.href='{beside_address('noise', purchase)}'"))


INLINE, ATTACHMENT = _file(disposition="inline"), _file(disposition="attachment")
POST_ON = "<form method=post {target} action='{pdf}'></form><script>document.forms[0].submit()</script>"
BLOB = "<script>fetch('{pdf}').then(r=>r.blob()).then(b=>{var u=URL.createObjectURL(b);%s})</script>"
SAVE = "var a=document.createElement('a');a.href=u;a.download='a.pdf';document.body.appendChild(a);a.click()"
SHOW = "var f=document.createElement('iframe');f.src=u;document.body.appendChild(f)"

CASES |= {
    "frame, inline": _showing("<iframe src='{pdf}'></iframe>", file=INLINE),
    "frame that is hidden, attachment": _showing("<iframe style='display:none' src='{pdf}'></iframe>", file=ATTACHMENT),
    "frameset, inline": _sending(
        lambda _, purchase: HTMLResponse(
            f"<html><frameset rows='60,*'><frame name=haut src='{addresses.WELCOME}'>"
            f"<frame name=page src='{beside_address('pdf', purchase)}'></frameset></html>"
        )
    ),
    "window, inline": _showing(script("window.open('{pdf}')"), file=INLINE),
    "window, attachment": _showing(script("window.open('{pdf}')"), file=ATTACHMENT),
    "posted on, attachment": _showing(POST_ON.replace("{target}", ""), file=_posted("attachment")),
    "posted into a window, inline": _showing(POST_ON.replace("{target}", "target=_blank"), file=_posted("inline")),
    "blob, saved by a script": _showing(BLOB % SAVE, file=INLINE),
    "blob, in a frame": _showing(BLOB % SHOW, file=INLINE),
    "once only": _once,
    "for browsers only": _sending(_for_browsers_only),
    "half, three times": _at_first(3, _half),
    "empty, three times": _at_first(3, _nothing),
    "then an error": _at_first(1, lambda *_: html("Service indisponible", status=503)),
    "not whole and not new: 206": _sending(_partial),
    "untyped": _sending(_untyped),
    "asks whether to show it": _asking("Afficher le document ?", seconds=0.2),
    "asks at once": _asking("Afficher le document ?", seconds=0),
    "in place: a form that posts itself": _posting_itself,
    "in place: an embed": _showing("<embed type='application/pdf' src='{pdf}'>", file=INLINE, show=odd_site.selling),
    "in place: a frame": _showing("<iframe src='{pdf}'></iframe>", file=INLINE, show=odd_site.selling),
    "in place: a blob": _showing(BLOB % SAVE, file=INLINE, show=odd_site.selling),
    "an embed with the file in itself": _sending(
        lambda exchange, purchase: html(f"<embed src='data:application/pdf;base64,{_base64(exchange, purchase)}'>")
    ),
    "zipped": _sending(
        lambda exchange, purchase: Response(
            _zipped(exchange, purchase), headers={"content-disposition": "attachment; filename=a.zip"}
        )
    ),
    "in place: zipped": lambda patch: odd_site.selling(
        patch, lambda exchange, purchase: Response(_zipped(exchange, purchase), media_type="application/zip")
    ),
    "an object": _showing("<object type='application/pdf' data='{pdf}'></object>", file=INLINE),
    **{
        f"as {kind}, {disposition or 'undisposed'}": _typed(kind, disposition)
        for kind in ("text/plain", "text/html", "application/octet-stream")
        for disposition in ("", "inline", "attachment")
    },
}


def _cases() -> list[Any]:
    return [pytest.param(CASES[name], id=name, marks=() if name in CORE else pytest.mark.broad) for name in CASES]


@pytest.mark.parametrize("set_up", _cases())
def test_the_document_comes_out_and_is_billed_once(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, set_up: Setup
) -> None:
    beside(monkeypatch, "pdf", INLINE)
    set_up(monkeypatch)

    assert_one_charge(client, standin)

    assert [entry for entry in standin.ledger() if entry.kind == "abandoned"] == []


LINKS: dict[str, Setup] = {
    "in place, to the page": _showing("<a href='{page}'>Cliquez ici</a>", file=INLINE, show=odd_site.selling),
    "in place, to the file": _showing("<a href='{pdf}'>Cliquez ici</a>", file=INLINE, show=odd_site.selling),
    "late, where a script may move the page": _showing(
        "<a href='{pdf}'>Le document</a><script>var a</script>", file=INLINE
    ),
    "late": _showing("<a href='{pdf}'>Le document</a><script>var moves = 'perhaps'</script>", file=INLINE),
    "to the file": _showing("<a href='{pdf}'>Télécharger le document</a>", file=ATTACHMENT),
}


@pytest.mark.parametrize(
    "set_up",
    [pytest.param(LINKS[name], id=name, marks=pytest.mark.broad if name == "late" else ()) for name in LINKS],
)
def test_a_link_of_an_unknown_page_is_a_click_of_the_same_consultation(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, set_up: Setup
) -> None:
    set_up(monkeypatch)

    assert "2784195" in client.fetch(index("2784195"))

    assert client.marks.kinds == [ClickKind.FORM, ClickKind.CONTINUE]
    assert client.site.needs_proof
    assert odd_site.BESIDE not in client.marks.address  # no later attempt takes what is there without its own words
    assert len(standin.consultations()) == 1


@pytest.mark.parametrize(
    "link",
    [
        "<a href='{guide}'>Nouvelle recherche de document</a>",
        "<a href='{guide}'>Plan suivant</a>",
        "<meta http-equiv=refresh content='1200; url={guide}&deconnexion'>",
        "<a href='{guide}'>Guide du document</a><script>var waits = 1</script>",
    ],
)
def test_nothing_else_is_asked_for_while_a_page_makes_the_document(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, link: str
) -> None:
    asked: list[str] = []

    def guide(exchange: Exchange) -> Response:
        asked.append(str(exchange.request.url))
        return Response(pdfs.pdf_bytes("Guide de l'utilisateur"), media_type=PDF)

    beside(monkeypatch, "guide", guide)
    standin.set_variants(every_document_waits=True, waiting_seconds=2)
    page = odd_site.until_ready(
        lambda _, purchase: html("Préparation", link.replace("{guide}", beside_address("guide", purchase)))
    )
    odd_site.at_document(monkeypatch, page)

    assert_one_charge(client, standin)

    assert asked == []


@pytest.mark.broad
def test_a_page_that_waits_is_not_left_for_what_a_frame_of_it_shows(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside(monkeypatch, "banner", lambda _: html("Publicité", "<iframe src='about:blank'></iframe>"))
    odd_site.selling(
        monkeypatch,
        lambda _, purchase: html(
            f"<iframe src='{beside_address('banner', purchase)}'></iframe>", leading_on(purchase.address, seconds=5)
        ),
    )

    assert_one_charge(client, standin)


@pytest.mark.broad
def test_a_file_is_kept_although_another_one_stalls(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(received_files, "STALL", 2.0)
    head = b"HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=v.cab\r\nContent-Length: 9000000\r\n\r\n"
    beside(monkeypatch, "slow", lambda _: Raw(head + b"MSCF" + bytes(100_000), stays_open=True))
    given: list[int] = []

    def once(exchange: Exchange) -> Response:
        given.append(1)
        return ATTACHMENT(exchange) if len(given) == 1 else html("Déjà remis")

    beside(monkeypatch, "pdf", once)
    frames = "<iframe src='{pdf}'></iframe><iframe src='{slow}'></iframe>"
    odd_site.at_document(
        monkeypatch,
        lambda _, purchase: html(
            frames.replace("{pdf}", beside_address("pdf", purchase)).replace("{slow}", beside_address("slow", purchase))
        ),
    )

    assert_one_charge(client, standin)


def test_embedded_files_that_hang_do_not_pass_the_bound(new_client: NewClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client, begun = new_client(logged_in=True, pace=replace(PACE, page_timeout=4, document_timeout=6)), time.monotonic()
    beside(monkeypatch, "hang", lambda _: Raw(b"", stays_open=True))
    embeds = "".join(f"<embed src='{{hang}}&n={number}'>" for number in range(9))
    odd_site.selling(monkeypatch, lambda _, purchase: html(embeds.replace("{hang}", beside_address("hang", purchase))))

    with pytest.raises(ExtractorError):
        client.fetch(index("2784195"))

    assert time.monotonic() - begun < 20
    assert client.marks.is_set


@pytest.mark.parametrize(
    ("waiting", "seconds"),
    [("late_menu", 1), pytest.param("late_menu", 9, marks=pytest.mark.broad), ("reload", 1)],
)
def test_what_the_document_page_shows_beside_its_menu_is_not_taken_for_the_file(
    client: Client, standin: StandinClient, waiting: str, seconds: int
) -> None:
    standin.set_variants(every_document_waits=True, waiting=waiting, waiting_seconds=seconds)
    preview = pdfs.pdf_bytes("Aperçu de la première page")
    client.page.route(
        f"**{addresses.PAGE_FRAME}*", lambda route: route.fulfill(body=preview, content_type="application/pdf")
    )

    assert_one_charge(client, standin)


@pytest.mark.broad
def test_a_file_that_is_no_document_ends_no_wait(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    cabinet = Response(b"MSCF" + bytes(100), headers={"content-disposition": "attachment; filename=visionneuse.cab"})
    beside(monkeypatch, "noise", lambda _: cabinet)
    standin.set_variants(every_document_waits=True, waiting_seconds=1)
    odd_site.at_document(monkeypatch, _noise_until_ready)

    assert_one_charge(client, standin)


def test_a_page_that_wants_something_of_a_person_is_refused_and_stays_charged(
    new_client: NewClient, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = new_client(logged_in=True, pace=replace(PACE, document_timeout=4))
    robot = html("Veuillez confirmer que vous n'êtes pas un robot", "<input name=captcha>")
    odd_site.at_document(monkeypatch, lambda *_: robot)

    with pytest.raises(Exception, match="An unexpected page came"):
        client.fetch(index("2784195"))

    assert client.marks.is_set
    assert len(standin.consultations()) == 1
