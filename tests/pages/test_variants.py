"""The stand-in plays everything that is unknown about the site: the document comes in each case, for one price."""

from __future__ import annotations

from typing import Any

import pytest

from extractor.matching.request import Request
from tests.support.standin_client import StandinClient

from .client import Client, acte, index, plan

OLD_LOT = index("227", circonscription="Terrebonne", cadastre="Paroisse de Saint-Hippolyte")
INACTIVE = plan("2784410")
SLOW = index("2784413")

VARIANTS: dict[str, tuple[Request, dict[str, Any]]] = {
    "acte form with post-back": (acte("25616321"), {"acte_postback": True}),
    "cadastre filled after": (OLD_LOT, {"cadastre_select": "filled_after"}),
    "cadastre empty until": (OLD_LOT, {"cadastre_select": "empty_until"}),
    "cadastre filled before": (OLD_LOT, {"cadastre_select": "filled_before"}),
    "renovated lot without circonscription": (
        index("2784195", circonscription=None),
        {"cadastre_select": "filled_after"},
    ),
    "renovated lot in a list filled before": (
        index("2784195", circonscription=None),
        {"cadastre_select": "filled_before"},
    ),
    "none is A": (OLD_LOT, {"none_value": "A"}),
    "none is 000000": (OLD_LOT, {"none_value": "000000"}),
    "plan without confirmation": (plan("2784195"), {"plan_confirmation": False}),
    "several plans without confirmation": (plan("2784411"), {"plan_confirmation": False}),
    "inactive, said at the selection": (INACTIVE, {"inactive_where": "selection"}),
    "inactive, said at the confirmation": (INACTIVE, {"inactive_where": "confirmation"}),
    "inactive, said on a page of its own": (INACTIVE, {"inactive_where": "own_page"}),
    "inactive, said on the form": (INACTIVE, {"inactive_where": "same_form_page"}),
    "inactive on the form, no confirmation": (
        INACTIVE,
        {"inactive_where": "same_form_page", "plan_confirmation": False},
    ),
    "one redirect": (acte("25616321"), {"redirects": 1}),
    "fifteen redirects": (index("2784195"), {"redirects": 15}),
    "every document waits, after a confirmation": (
        plan("2784195"),
        {"every_document_waits": True, "waiting_seconds": 0.5},
    ),
    "late menu, link in the top page": (SLOW, {"waiting": "late_menu", "waiting_seconds": 1, "save_link": "top"}),
    "held answer longer than a page may take": (
        index("2784195"),
        {"charge_then": "hang", "hang_seconds": 1},
    ),
    "iso-8859-1": (OLD_LOT, {"encoding": "iso-8859-1"}),
    "iso-8859-1, acte": (acte("T14454407", acte_type="Radiation"), {"encoding": "iso-8859-1"}),
    "slow pages": (OLD_LOT, {"slow_pages_ms": 200}),
}


# `make odd-sites` plays these too: each is near to another one.
BROAD = {
    "renovated lot in a list filled before",
    "cadastre filled before",
    "none is 000000",
    "several plans without confirmation",
    "inactive, said on a page of its own",
    "inactive on the form, no confirmation",
    "late menu, link in the top page",
    "iso-8859-1, acte",
}


@pytest.mark.parametrize(
    ("request_", "variants"),
    [
        pytest.param(*case, id=name, marks=[pytest.mark.broad] if name in BROAD else [])
        for name, case in VARIANTS.items()
    ],
)
def test_the_requested_document_comes_for_one_consultation(
    client: Client, standin: StandinClient, request_: Request, variants: dict[str, Any]
) -> None:
    standin.set_variants(**variants)

    assert f"Source: {request_.source}\nNuméro: {request_.number}\n" in client.fetch(request_)
    assert [consultation.number for consultation in standin.consultations()] == [request_.number]
    assert client.marks.is_set


@pytest.mark.parametrize("save_link", ["menu", pytest.param("top", marks=pytest.mark.broad)])
@pytest.mark.parametrize("delivery", ["attachment", "inline", "new_window", "intermediate_page"])
def test_the_file_comes_however_it_is_delivered(
    client: Client, standin: StandinClient, delivery: str, save_link: str
) -> None:
    standin.set_variants(delivery=delivery, save_link=save_link)

    assert "Numéro: 2784195\n" in client.fetch(index("2784195"))
    assert len(standin.consultations()) == 1
    assert len(client.page.context.pages) == 1
