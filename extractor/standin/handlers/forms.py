"""The three forms: a fresh page, a post-back, a choice among similar numbers, a submit."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from extractor.standin import addresses, places, replies
from extractor.standin.demand import Demand, Source, compact
from extractor.standin.exchange import Exchange
from extractor.standin.handlers.choices import chosen, proceed
from extractor.standin.pages import choices, forms
from extractor.standin.variants import Step

_NOTHING_CHOSEN = "Vous devez sélectionner un document."
_ON_PAPER = "Le document sélectionné est disponible sur support papier seulement."


def step_of(fields: Mapping[str, str]) -> Step:
    """Tell what a request to a form's address is; a real click posts the button's name, a script does not."""
    if not fields:
        return "form"
    if fields.get("txtEtat") == choices.CHOICE:
        return "selection"
    is_click = "btnSoumt" in fields or "btnRechr" in fields
    return "postback" if fields.get("txtEtat") == forms.RELOAD and not is_click else "submit"


async def form(exchange: Exchange) -> Response:
    """Answer whatever came to a form's address."""
    match exchange.step:
        case "submit":
            return await _submit(exchange)
        case "selection":
            return await _select_similar(exchange)
        case _:
            return exchange.html(_page(exchange).html())


async def _submit(exchange: Exchange) -> Response:
    demand = _demand(exchange)
    if gap := _gap(exchange.fields, demand.source):
        return exchange.html(_page(exchange).html(text=gap))
    behaviour = exchange.site.catalogue.behaviour_of(demand)
    exchange.site.note("search", exchange.session, replies.Order(demand))
    exchange.session.demand, exchange.session.order, exchange.session.inactive = demand, None, False
    return await _show(exchange, replies.answer(demand, behaviour, exchange.variants))


async def _show(exchange: Exchange, answer: replies.Answer) -> Response:
    match answer:
        case replies.Refused(text):
            return exchange.html(_page(exchange).html(text=text))
        case replies.Similar(offers):
            exchange.session.offers = offers
            return _similar(exchange, replies.SIMILAR)
        case replies.Selection(offers, inactive):
            exchange.session.offers, exchange.session.inactive = offers, inactive
            return RedirectResponse(addresses.PLAN_SELECTION, 302)
        case replies.Warned(order, where):
            return await _warn(exchange, order, on_form=where == "same_form_page")
        case replies.Confirmation(order, inactive):
            exchange.session.inactive = inactive
            return await proceed(exchange, replies.Confirmation(order))
        case replies.Delivery():
            return await proceed(exchange, answer)


async def _warn(exchange: Exchange, order: replies.Order, *, on_form: bool) -> Response:
    if not on_form:
        exchange.session.order = order
        return RedirectResponse(addresses.WARNING, 302)
    if "txtInAvert" in exchange.fields:
        return await proceed(exchange, replies.after_choice(order, exchange.variants))
    return exchange.html(_page(exchange).html(text=replies.INACTIVE, warned=True))


async def _select_similar(exchange: Exchange) -> Response:
    offer = chosen(exchange)
    if offer is None:
        return _similar(exchange, _NOTHING_CHOSEN)
    if offer.on_paper:
        return _similar(exchange, _ON_PAPER)
    return await proceed(exchange, replies.after_choice(offer.order, exchange.variants))


def _similar(exchange: Exchange, text: str) -> Response:
    section = choices.similar(exchange.session.offers, exchange.rename)
    return exchange.html(_page(exchange).html(text=text, below=section))


def _page(exchange: Exchange) -> forms.FormPage:
    assert exchange.source is not None
    return forms.FormPage(exchange.source, exchange.fields, exchange.variants)


def _gap(fields: Mapping[str, str], source: Source) -> str:
    """Return what the site says about a form that is not filled in; these texts are invented."""
    if source != "acte":
        return "" if fields.get("txtNumrtLot", "").strip() else "Vous devez inscrire le numéro de lot."
    if fields.get("selCircnFoncr", places.NULL) == places.NULL:
        return "Vous devez sélectionner une circonscription foncière."
    if fields.get("selTypeDocmn", places.NULL) == places.NULL:
        return "Vous devez sélectionner un type de document."
    return "" if fields.get("txtNoReqst", "").strip() else "Vous devez inscrire le numéro d'inscription."


def _demand(exchange: Exchange) -> Demand:
    """Read the form; a code that its selects never offer counts as nothing chosen."""
    assert exchange.source is not None
    posted = exchange.fields.get
    circonscription = places.name_of(posted("selCircnFoncr", ""), places.circonscriptions())
    if exchange.source == "acte":
        acte_type = places.name_of(posted("selTypeDocmn", ""), forms.ACTE_TYPES)
        number = compact(posted("txtNoReqst", ""))
        return Demand(source="acte", number=number, circonscription=circonscription, acte_type=acte_type)
    offered = places.cadastres(circonscription) if circonscription else places.every_cadastre()
    cadastre = places.name_of(posted("selCadst", ""), offered)
    return Demand(
        source=exchange.source,
        number=compact(posted("txtNumrtLot", "")),
        circonscription=circonscription,
        cadastre=cadastre,
        designation=places.name_of(posted("selDesgnSecnd", ""), places.designations(cadastre)),
    )
