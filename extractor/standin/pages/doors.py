"""The pages around the forms: entry, login, welcome, and those that show the visitor out."""

from __future__ import annotations

from html import escape
from typing import Final, Literal

from extractor.standin import addresses
from extractor.standin.pages import layout

LOGIN_FIELDS: Final = {
    "txtEtat": "valdr",
    "txtBoutn": "btnSoumt",
    "txtInAfichQuestIdentPersn": "N",
}
_BANNER: Final = f"{addresses.IMAGES}/entree_bandeau.gif"


def entry(way: Literal["link", "area", "image", "other_url"]) -> str:
    """Return the entry page, with one way to the login page."""
    match way:
        case "link":
            door = f'<a href="{addresses.LOGIN}">Entrée du Registre foncier</a>'
        case "area":
            door = (
                f'<img src="{_BANNER}" width="400" height="80" usemap="#entree" alt="">'
                '<map name="entree">'
                f'<area shape="rect" coords="0,0,400,80" href="{addresses.LOGIN}" alt=""></map>'
            )
        case "image":
            door = (
                f'<img src="{_BANNER}" width="400" height="80" alt="Consultez le Registre foncier" '
                f"onclick=\"location.href='{addresses.LOGIN}'\">"
            )
        case "other_url":
            door = f'<a href="{addresses.OTHER_ENTRY}">Entrer</a>'
    return layout.page("Bienvenue", f"<p>{door}</p>\n")


def login(*, text: str = "") -> str:
    """Return the login page, with a message when the last try was refused."""
    form = layout.form(
        addresses.LOGIN,
        layout.row("Code d'utilisateur", layout.text_field("txtVaCodeUtils", attributes='maxlength="7"')),
        layout.row("Mot de passe", layout.text_field("txtMotPasse", kind="password")),
        layout.hidden(**LOGIN_FIELDS),
        layout.row("", layout.button("btnSoumt", "Soumettre")),
        name="frmIdent",
    )
    return layout.page("Identification", layout.message(text), form)


def question(*, text: str = "") -> str:
    """Return the personal question; no answer is right."""
    form = layout.form(
        addresses.QUESTION,
        layout.row("Quel était le nom de votre première école?", layout.text_field("txtRepnsQuest")),
        layout.hidden(**LOGIN_FIELDS | {"txtInAfichQuestIdentPersn": "O"}),
        layout.row("", layout.button("btnSoumt", "Soumettre")),
        name="frmQuest",
    )
    return layout.page("Question d'identification personnelle", layout.message(text), form)


def welcome() -> str:
    """Return the first page inside."""
    links = (
        f'<li><a href="{address}">{escape(text)}</a></li>\n'
        for address, text in (
            (addresses.INDEX_FORM, "Index des immeubles"),
            (addresses.ACTE_FORM, "Acte, radiation ou avis d'adresse"),
            (addresses.PLAN_FORM, "Plan cadastral"),
        )
    )
    return layout.page("Consultation du registre", f"<ul>\n{''.join(links)}</ul>\n", logged_in=True)


def logged_out() -> str:
    """Return the page that follows the logout link."""
    return layout.page("Session fermée", f'<p><a href="{addresses.LOGIN}">Identification</a></p>\n')


def expired() -> str:
    """Return the message for a visitor whose session is gone."""
    text = "Votre session est expirée. Veuillez vous identifier de nouveau."
    return layout.page("Session expirée", layout.message(text))


def closed() -> str:
    """Return what every page shows outside opening hours."""
    text = "Le Registre foncier en ligne est fermé. Il est ouvert du lundi au vendredi de 6 h à minuit."
    return layout.page("Service fermé", layout.message(text))


def broken(status: int) -> str:
    """Return what a web server says when the application behind it fails."""
    reason = {404: "Not Found", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}[status]
    return layout.document(reason, f"<body><h1>{status} {reason}</h1></body>\n")
