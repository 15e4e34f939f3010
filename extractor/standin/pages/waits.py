"""What may be shown before a document (docs/site.md#waiting): only the first of these pages asks to wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from extractor.standin import addresses
from extractor.standin.kinds import Waiting
from extractor.standin.pages import layout
from extractor.standin.purchases import Purchase, at

TEXT: Final = "Veuillez patienter, votre demande est en traitement."
REFRESH: Final = '<meta http-equiv="refresh" content="1">\n'  # seconds
HOPS: Final = 4
_SCRIPT: Final = '<script type="text/javascript">{}</script>\n'


def reload(_: Purchase) -> str:
    """Return the page that asks to wait and reloads itself at its own address."""
    return layout.page("Traitement de la demande", f"<p>{TEXT}</p>\n", head=REFRESH, logged_in=True)


def blank_script(_: Purchase) -> str:
    """Return a page with nothing to see that reloads itself by script."""
    return layout.document("", f"<body>{_later('location.reload()', 500)}</body>\n")


def blank_refresh(_: Purchase) -> str:
    """Return a page with nothing to see that reloads itself by its meta element."""
    return layout.document("", "<body></body>\n", head=REFRESH)


def foreign_frame(purchase: Purchase) -> str:
    """Return a frameset whose only frame is one that no document page has."""
    frame = f'<frame name="attente" src="{at(addresses.WAITING_FRAME, purchase.reference)}">'
    return layout.document("Registre foncier", f'<frameset rows="*">{frame}</frameset>\n')


def inner(purchase: Purchase, *, says_so: bool) -> str:
    """Return the content of that frame: it asks again, and leads the whole window on in the end."""
    if purchase.is_ready:
        onward = _script(f"top.location.replace('{purchase.address}')")
        return layout.document("", f"<body>{onward}</body>\n")
    return layout.document("", f"<body><p>{TEXT if says_so else '...'}</p></body>\n", head=REFRESH)


def interstitial(purchase: Purchase) -> str:
    """Return a page with a title and a link that gives the paid document up; it leads on without a click."""
    link = f'<a href="{at(addresses.ABANDON, purchase.reference)}">Retour à la recherche</a>'
    body = f"<body><h1>Préparation du document</h1><p>{link}</p>{_later('location.reload()', 1000)}</body>\n"
    return layout.document("Registre foncier - Préparation du document", body)


def script_hops(purchase: Purchase) -> str:
    """Return the first of the pages that lead from one to the next by script."""
    return hop(purchase, 1)


def hop(purchase: Purchase, number: int) -> str:
    """Return a page that leads to hop `number`."""
    address = f"{at(addresses.WAITING_HOP, purchase.reference)}&noEtape={number}"
    onward = _later(f"location.replace('{address}')", 250)
    return layout.document("", f"<body>{onward}</body>\n")


def mute(_: Purchase) -> str:
    """Return a page that says nothing known and stays as it is."""
    body = "<body><h1>Votre demande</h1><p>Votre demande a été transmise.</p></body>\n"
    return layout.document("Registre foncier - Votre demande", body)


def abandoned() -> str:
    """Return what the interstitial's link leads to."""
    return layout.page("Demande abandonnée", layout.message("Votre demande a été abandonnée."), logged_in=True)


PAGES: Final[dict[Waiting, Callable[[Purchase], str]]] = {
    "reload": reload,
    "blank_script": blank_script,
    "blank_refresh": blank_refresh,
    "foreign_frame": foreign_frame,
    "foreign_frame_mute": foreign_frame,
    "interstitial": interstitial,
    "script_hops": script_hops,
    "mute": mute,
}


def _later(action: str, milliseconds: int) -> str:
    return _script(f"setTimeout(function () {{ {action}; }}, {milliseconds});")


def _script(action: str) -> str:
    return _SCRIPT.format(action)
