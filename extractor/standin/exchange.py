"""One request to the site, with all that decides its answer; `stage` is what it passes first."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from extractor.standin.controls import Rename, canonical, renaming
from extractor.standin.demand import Demand, Source, compact
from extractor.standin.pages import layout
from extractor.standin.purchases import REFERENCE, Purchase
from extractor.standin.scenario import Moment, Played
from extractor.standin.sessions import COOKIE, Session
from extractor.standin.site import Site
from extractor.standin.variants import Step, Variants

StepOf = Callable[[Mapping[str, str]], Step]

# What browsers really do with a page that claims ISO-8859-1 (WHATWG Encoding standard).
_CODECS: Final = {"utf-8": "utf-8", "iso-8859-1": "cp1252"}


@dataclass(frozen=True)
class Exchange:
    """One request, with all that decides its answer: handlers take nothing else. Field names are canonical."""

    site: Site
    request: Request
    step: Step
    source: Source | None
    fields: Mapping[str, str]
    visitor: Session | None
    played: Played

    @property
    def variants(self) -> Variants:
        """The variants in force for this request."""
        return self.played.variants

    @property
    def session(self) -> Session:
        """The live session; only pages that require one may ask."""
        assert self.visitor is not None
        return self.visitor

    @property
    def account(self) -> str:
        """Whose request this is; empty for a stranger."""
        return self.visitor.account if self.visitor else self.fields.get("txtVaCodeUtils", "").strip()

    @property
    def rename(self) -> Rename:
        """The names this page gives to its controls."""
        return renaming(self.variants.renamed_ids)

    @property
    def purchase(self) -> Purchase | None:
        """The billed document that the address speaks of, if this session may see it."""
        purchase = _purchase(self.request)
        whole_account = self.variants.document_belongs_to == "account"
        is_allowed = purchase is not None and purchase.belongs_to(self.session, whole_account=whole_account)
        return purchase if is_allowed else None

    def html(self, page: str, *, status: int = 200) -> Response:
        """Send a page in the variant's encoding."""
        charset = self.variants.encoding
        text = page.replace(layout.CHARSET, charset)
        body = text.encode(_CODECS[charset], errors="xmlcharrefreplace")
        return Response(body, status, {"content-type": f"text/html; charset={charset}", "cache-control": "no-store"})


async def open_exchange(request: Request, step: Step | StepOf, source: Source | None) -> Exchange:
    """Find the session, the variants and the fields of a request."""
    site: Site = request.app.state.site
    session = site.sessions.find(request.cookies.get(COOKIE, ""))
    fresh_form = request.method == "GET" and source is not None
    if session and fresh_form:
        session.visit += 1
    before = site.scenario.play(_moment(session, source))
    fields = _decode(await request.body(), before.variants)
    step = step if isinstance(step, str) else step(fields)
    demand = _demand(request, session, source, fields)
    played = site.scenario.play(_moment(session, source, demand, user=fields.get("txtVaCodeUtils", "")))
    return Exchange(site, request, step, source, fields, _alive(site, session, played.variants), played)


def _moment(session: Session | None, source: Source | None, demand: Demand | None = None, *, user: str = "") -> Moment:
    return Moment(
        account=user or (session.account if session else ""),
        source=demand.source if demand else source,
        number=demand.number if demand else "",
        login=session.login if session else 0,
        visit=session.visit if session else 0,
    )


def _decode(body: bytes, variants: Variants) -> dict[str, str]:
    codec = _CODECS[variants.encoding]
    pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding=codec, errors="replace")
    return canonical(dict(pairs))


def _demand(
    request: Request, session: Session | None, source: Source | None, fields: Mapping[str, str]
) -> Demand | None:
    """Return what the request is about, as far as rules need it: what was typed, or what the session is doing."""
    number = compact(fields.get("txtNumrtLot") or fields.get("txtNoReqst") or "")
    if source and number:
        return Demand(source=source, number=number)
    if session and (purchase := _purchase(request)) and purchase.belongs_to(session, whole_account=True):
        return purchase.order.demand
    is_under_way = session is not None and (source is None or bool(fields))
    return session.demand if session and is_under_way else None


def _purchase(request: Request) -> Purchase | None:
    site: Site = request.app.state.site
    reference = request.query_params.get(REFERENCE, "")
    return site.purchases.get(int(reference)) if reference.isdecimal() else None


def _alive(site: Site, session: Session | None, variants: Variants) -> Session | None:
    """Return the session unless it was idle for too long; a request ends its idle time."""
    if session is None:
        return None
    now = time.monotonic()
    if now - session.last_seen > variants.idle_seconds:
        site.sessions.close(session)
        return None
    session.last_seen = now
    return session
