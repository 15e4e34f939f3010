"""What the site answers to a submitted form: a pure function of demand, behaviour and variants."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Final

from extractor.standin.catalogue import Behaviour
from extractor.standin.demand import Demand, Source, neighbour
from extractor.standin.variants import InactivePlace, Variants

PLAN_DATES: Final = ("2019-06-12", "2008-11-03", "1994-03-21")  # newest first

NO_MATCH: Final = "Aucune information ne correspond aux critères de sélection"
WRONG_DISTRICT: Final = "Le lot n'existe pas dans la circonscription foncière demandée"
MISSING: Final[dict[Source, str]] = {
    "acte": "Le document demandé est inexistant",
    "index": "La fiche immobilière demandée est inexistante",
    "plan_cadastraux": "La fiche immobilière demandée est inexistante",
}
INACTIVE: Final = "Le lot demandé est inactif"
SIMILAR: Final = "Nous vous proposons une liste de document(s) dont le numéro est semblable à celui demandé"


@dataclass(frozen=True)
class Order:
    """A document that the site is ready to produce, and how it will behave."""

    demand: Demand
    behaviour: Behaviour = Behaviour.FOUND


@dataclass(frozen=True)
class Offer:
    """One row of a list."""

    order: Order
    on_paper: bool = False


@dataclass(frozen=True)
class Refused:
    """The form comes back with a message; free of charge."""

    text: str


@dataclass(frozen=True)
class Similar:
    """The acte form comes back with a list of numbers."""

    offers: tuple[Offer, ...]


@dataclass(frozen=True)
class Selection:
    """The plan selection page."""

    offers: tuple[Offer, ...]
    inactive: bool = False


@dataclass(frozen=True)
class Confirmation:
    """The confirmation page."""

    order: Order
    inactive: bool = False


@dataclass(frozen=True)
class Warned:
    """The lot is inactive, said on a page of its own or on the form; the visitor may go on."""

    order: Order
    where: InactivePlace


@dataclass(frozen=True)
class Delivery:
    """The document, at once: this is the paid click."""

    order: Order


Answer = Refused | Similar | Selection | Confirmation | Warned | Delivery


def answer(demand: Demand, behaviour: Behaviour, variants: Variants) -> Answer:
    """Decide what follows the submit of a form."""
    match behaviour:
        case Behaviour.MISSING:
            return Refused(MISSING[demand.source])
        case Behaviour.NO_MATCH:
            return Refused(NO_MATCH)
        case Behaviour.WRONG_DISTRICT:
            return Refused(WRONG_DISTRICT)
        case Behaviour.LOOK_ALIKES | Behaviour.PAPER_ONLY | Behaviour.AMONG_LOOK_ALIKES:
            return Similar(_similar(demand, behaviour))
        case Behaviour.SEVERAL_PLANS:
            return Selection(_plans(demand, variants))
        case Behaviour.INACTIVE:
            return _inactive(_order(demand, behaviour), variants)
        case _:
            return after_choice(_order(demand, behaviour), variants)


def after_choice(order: Order, variants: Variants) -> Confirmation | Delivery:
    """Decide what follows when one document is chosen: its confirmation, or the document itself."""
    is_confirmed_plan = order.demand.source == "plan_cadastraux" and variants.plan_confirmation
    if is_confirmed_plan or order.behaviour is Behaviour.CONFIRMATION:
        return Confirmation(order)
    return Delivery(order)


def _order(demand: Demand, behaviour: Behaviour) -> Order:
    if demand.source == "plan_cadastraux":
        demand = replace(demand, plan_date=PLAN_DATES[0])
    return Order(demand, behaviour)


def _similar(demand: Demand, behaviour: Behaviour) -> tuple[Offer, ...]:
    asked = demand.number
    before = [asked.removeprefix("T")] if asked.startswith("T") else []
    numbers = [*before, neighbour(asked, by=-1), asked, neighbour(asked, by=1)]
    if behaviour is Behaviour.LOOK_ALIKES:
        numbers.remove(asked)
    on_paper = {asked} if behaviour is Behaviour.PAPER_ONLY else set()
    return tuple(Offer(Order(replace(demand, number=number)), on_paper=number in on_paper) for number in numbers)


def _plans(demand: Demand, variants: Variants) -> tuple[Offer, ...]:
    dates = list(PLAN_DATES)
    if variants.plan_order == "oldest_first":
        dates.reverse()
    elif variants.plan_order == "shuffled":
        random.Random(demand.number).shuffle(dates)  # noqa: S311 - the same page for the same lot
    return tuple(Offer(Order(replace(demand, plan_date=date))) for date in dates)


def _inactive(order: Order, variants: Variants) -> Answer:
    match variants.inactive_where:
        case "selection":
            return Selection((Offer(order),), inactive=True)
        case "confirmation":
            return Confirmation(order, inactive=True)
        case where:
            return Warned(order, where)
