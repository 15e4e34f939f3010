"""The three forms: a fresh page, a post-back, a choice among similar numbers, a submit."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from extractor.standin import addresses, answers, places
from extractor.standin.demand import Demand, Source, compact
from extractor.standin.handlers.choices import chosen, proceed
from extractor.standin.pages import choices, forms
from extractor.standin.variants import Step
from extractor.standin.visit import Visit

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


async def form(visit: Visit) -> Response:
    """Answer whatever came to a form's address."""
    match visit.step:
        case "submit":
            return await _submit(visit)
        case "selection":
            return await _select_similar(visit)
        case _:
            return visit.html(_page(visit).html())


async def _submit(visit: Visit) -> Response:
    demand = _demand(visit)
    if gap := _gap(visit.fields, demand.source):
        return visit.html(_page(visit).html(text=gap))
    behaviour = visit.site.catalogue.behaviour_of(demand)
    visit.site.note("search", visit.session, answers.Order(demand))
    visit.session.demand, visit.session.order, visit.session.inactive = demand, None, False
    return await _show(visit, answers.answer(demand, behaviour, visit.variants))


async def _show(visit: Visit, answer: answers.Answer) -> Response:
    match answer:
        case answers.Refused(text):
            return visit.html(_page(visit).html(text=text))
        case answers.Similar(offers):
            visit.session.offers = offers
            return _similar(visit, answers.SIMILAR)
        case answers.Selection(offers, inactive):
            visit.session.offers, visit.session.inactive = offers, inactive
            return RedirectResponse(addresses.PLAN_SELECTION, 302)
        case answers.Warned(order, where):
            return await _warn(visit, order, on_form=where == "same_form_page")
        case answers.Confirmation(order, inactive):
            visit.session.inactive = inactive
            return await proceed(visit, answers.Confirmation(order))
        case answers.Delivery():
            return await proceed(visit, answer)


async def _warn(visit: Visit, order: answers.Order, *, on_form: bool) -> Response:
    if not on_form:
        visit.session.order = order
        return RedirectResponse(addresses.WARNING, 302)
    if "txtInAvert" in visit.fields:
        return await proceed(visit, answers.after_choice(order, visit.variants))
    return visit.html(_page(visit).html(text=answers.INACTIVE, warned=True))


async def _select_similar(visit: Visit) -> Response:
    offer = chosen(visit)
    if offer is None:
        return _similar(visit, _NOTHING_CHOSEN)
    if offer.on_paper:
        return _similar(visit, _ON_PAPER)
    return await proceed(visit, answers.after_choice(offer.order, visit.variants))


def _similar(visit: Visit, text: str) -> Response:
    section = choices.similar(visit.session.offers, visit.rename)
    return visit.html(_page(visit).html(text=text, below=section))


def _page(visit: Visit) -> forms.FormPage:
    assert visit.source is not None
    return forms.FormPage(visit.source, visit.fields, visit.variants)


def _gap(fields: Mapping[str, str], source: Source) -> str:
    """Return what the site says about a form that is not filled in; these texts are ours."""
    if source != "acte":
        return "" if fields.get("txtNumrtLot", "").strip() else "Vous devez inscrire le numéro de lot."
    if fields.get("selCircnFoncr", places.NULL) == places.NULL:
        return "Vous devez sélectionner une circonscription foncière."
    if fields.get("selTypeDocmn", places.NULL) == places.NULL:
        return "Vous devez sélectionner un type de document."
    return "" if fields.get("txtNoReqst", "").strip() else "Vous devez inscrire le numéro d'inscription."


def _demand(visit: Visit) -> Demand:
    """Read the form; a code that its selects never offer counts as nothing chosen."""
    assert visit.source is not None
    posted = visit.fields.get
    circonscription = places.name_of(posted("selCircnFoncr", ""), places.circonscriptions())
    if visit.source == "acte":
        acte_type = places.name_of(posted("selTypeDocmn", ""), forms.ACTE_TYPES)
        number = compact(posted("txtNoReqst", ""))
        return Demand(source="acte", number=number, circonscription=circonscription, acte_type=acte_type)
    offered = places.cadastres(circonscription) if circonscription else places.every_cadastre()
    cadastre = places.name_of(posted("selCadst", ""), offered)
    return Demand(
        source=visit.source,
        number=compact(posted("txtNumrtLot", "")),
        circonscription=circonscription,
        cadastre=cadastre,
        designation=places.name_of(posted("selDesgnSecnd", ""), places.designations(cadastre)),
    )
