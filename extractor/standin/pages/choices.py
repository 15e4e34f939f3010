"""The pages between a form and its document: similar numbers, several plans, a warning, the confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from extractor.standin import addresses
from extractor.standin.controls import Rename
from extractor.standin.demand import Demand, spaced
from extractor.standin.pages import layout
from extractor.standin.replies import INACTIVE, Offer

CHOICE: Final = "selct"
"""`txtEtat` of a posted list."""
RADIO: Final = "rdSelct"
_PAPER: Final = f'<img src="{addresses.IMAGES}/BPD.GIF" alt="Support papier">'


def similar(offers: Sequence[Offer], rename: Rename) -> str:
    """Return the section that the acte form shows below itself."""
    rows = [
        (
            escape(spaced(offer.order.demand.number)),
            offer.order.demand.acte_type,
            _PAPER if offer.on_paper else "",
        )
        for offer in offers
    ]
    table = _choices(("Numéro d'inscription", "Type de document", ""), rows)
    return layout.form(
        addresses.ACTE_FORM, layout.heading("Résultat de la recherche"), table, _submit(rename), name="frmReslt"
    )


def plans(offers: Sequence[Offer], rename: Rename, *, inactive: bool) -> str:
    rows = [(escape(spaced(offer.order.demand.number)), offer.order.demand.plan_date, "") for offer in offers]
    table = _choices(("Numéro de lot", "Date du plan", ""), rows)
    form = layout.form(addresses.PLAN_SELECTION, table, _submit(rename))
    text = layout.message(INACTIVE if inactive else "")
    return layout.page("Sélection d'un plan cadastral", text, form, logged_in=True)


def warning() -> str:
    """Return the page that says that the lot is inactive, and lets the visitor go on."""
    form = layout.form(addresses.WARNING, layout.row("", layout.button("btnContn", "Continuer")))
    return layout.page("Avertissement", layout.message(INACTIVE), form, logged_in=True)


def confirmation(demand: Demand, rename: Rename, *, inactive: bool) -> str:
    """Return the page whose Confirmer costs money."""
    form = layout.form(
        addresses.CONFIRMATION,
        layout.row("Document demandé", escape(_description(demand))),
        layout.row("Coût de la consultation", "1,50 $"),
        layout.row("", layout.button(rename("btnConfr"), "Confirmer")),
    )
    text = layout.message(INACTIVE if inactive else "")
    return layout.page("Confirmation de la demande", text, form, logged_in=True)


def nothing_pending() -> str:
    """Return what a page of a demand says when this session has none."""
    return layout.page("Demande", layout.message("Aucune demande n'est en cours."), logged_in=True)


def _choices(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return table rows, each with a radio whose value is the row's position; the cells are HTML already."""
    titles = "".join(f"<th>{escape(header)}</th>" for header in headers)
    lines = (
        f"<tr><td>{layout.radio(RADIO, str(position))}</td>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n"
        for position, cells in enumerate(rows)
    )
    return f"<tr><th></th>{titles}</tr>\n{''.join(lines)}"


def _submit(rename: Rename) -> str:
    marks = layout.hidden(txtEtat=CHOICE, txtBoutn="btnSoumt")
    return marks + layout.row("", layout.button(rename("btnSoumt"), "Soumettre"))


def _description(demand: Demand) -> str:
    parts = (
        spaced(demand.number),
        demand.acte_type,
        demand.cadastre,
        demand.circonscription,
        demand.plan_date,
    )
    return ", ".join(part for part in parts if part)
