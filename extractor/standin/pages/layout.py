"""The site's layout: one page, its messages and its controls, as strings of HTML."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from extractor.standin import addresses
from extractor.standin.places import Option

_DOCTYPE: Final = '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.0 Transitional//EN">'
_LOGOUT: Final = f'<a href="{addresses.LOGOUT}">Fermer la session</a>'
CHARSET: Final = "@charset@"
"""Where the encoding's name goes when the page is sent: pages do not know the variants."""


def document(title: str, body: str, *, head: str = "") -> str:
    """Return a whole HTML document around a body or a frameset."""
    return (
        f'{_DOCTYPE}\n<html lang="fr"><head>\n'
        f'<meta http-equiv="Content-Type" content="text/html; charset={CHARSET}">\n'
        f"<title>{escape(title)}</title>\n{head}</head>\n{body}</html>\n"
    )


def page(title: str, *parts: str, head: str = "", logged_in: bool = False) -> str:
    """Return a page with the site's banner, and the logout link for whoever is inside."""
    banner = (
        '<table width="100%" border="0"><tr><td class="titre">Registre foncier du Québec en ligne</td>'
        f'<td align="right">{_LOGOUT if logged_in else ""}</td></tr></table>\n'
    )
    body = f'<body bgcolor="#FFFFFF">\n{banner}<h1>{escape(title)}</h1>\n{"".join(parts)}</body>\n'
    return document(f"Registre foncier - {title}", body, head=head)


def message(text: str) -> str:
    """Return the site's message box (docs/site.md#messages); nothing for an empty text."""
    if not text:
        return ""
    return (
        '<table class="Cadre" border="1"><tr>'
        f'<td><img src="{addresses.IMAGES}/image_message.gif" alt=""></td>'
        f'<td class="contValErr">{escape(text)}</td></tr></table>\n'
    )


def form(action: str, *rows: str, name: str = "frmDemnd") -> str:
    """Return a form laid out as a table; each row is made by `row`."""
    return (
        f'<form name="{name}" method="post" action="{escape(action)}">\n'
        f'<table class="Cadre" border="0">\n{"".join(rows)}</table>\n</form>\n'
    )


def row(label: str, control: str) -> str:
    return f"<tr><td>{escape(label)}</td><td>{control}</td></tr>\n"


def heading(text: str) -> str:
    """Return a form's heading, a cell over its whole width."""
    return f'<tr><td colspan="4" class="titre">{escape(text)}</td></tr>\n'


def hidden(**fields: str) -> str:
    """Return hidden fields, inside a row because a form's table holds nothing else."""
    inputs = (f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())
    return f'<tr><td colspan="2">{"".join(inputs)}</td></tr>\n'


def text_field(name: str, value: str = "", *, attributes: str = "", kind: str = "text") -> str:
    return f'<input type="{kind}" id="{name}" name="{name}" value="{escape(value)}" {attributes}>'


def button(name: str, value: str) -> str:
    """Return a submit button, written as the one that is known verbatim (docs/site.md#confirmation-page)."""
    return (
        f'<input class="BoutnStand" type="submit" id="{name}" name="{name}" '
        f'accesskey="{value[0]}" tabindex="11" value="{escape(value)}">'
    )


def radio(name: str, value: str, *, checked: bool = False) -> str:
    return f'<input type="radio" name="{name}" value="{escape(value)}"{" checked" if checked else ""}>'


def select(name: str, options: Iterable[Option], *, chosen: str = "", attributes: str = "") -> str:
    """Return a select with one option marked."""
    lines = (
        f'<option value="{escape(option.code)}"{" selected" if option.code == chosen else ""}>'
        f"{escape(option.name)}</option>\n"
        for option in options
    )
    return f'<select id="{name}" name="{name}" {attributes}>\n{"".join(lines)}</select>'
