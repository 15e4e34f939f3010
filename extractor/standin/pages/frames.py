"""The document page: its frames, the wait before it, and the link that saves the PDF (docs/site.md#document-page)."""

from __future__ import annotations

from html import escape
from typing import Final

from extractor.standin import addresses
from extractor.standin.demand import Demand, spaced
from extractor.standin.pages import layout
from extractor.standin.variants import Variants

WAITING: Final = "Veuillez patienter, votre demande est en traitement."
_REFRESH: Final = '<meta http-equiv="refresh" content="1">\n'  # 1 s
_SCRIPT: Final = '<script type="text/javascript">function fRechrDocmnPDF() { return true; }</script>\n'


def waiting() -> str:
    """Return the page that reloads itself at its own address until the document is ready."""
    return layout.page("Traitement de la demande", f"<p>{WAITING}</p>\n", head=_REFRESH, logged_in=True)


def frameset(number: int, variants: Variants) -> str:
    """Return the document page: two frames, or a top page around them that carries the save link."""
    menu, content = _at(addresses.MENU_FRAME, number), _at(addresses.PAGE_FRAME, number)
    if variants.save_link == "menu":
        frames = f'<frame name="menu" src="{menu}"><frame name="page" src="{content}">'
        return layout.document("Registre foncier - Document", f'<frameset rows="60,*">{frames}</frameset>\n')
    body = (
        f'<body><table><tr><td class="fondOrang">{_save_link(number, variants)}</td></tr></table>\n'
        f'<iframe name="menu" src="{menu}" width="100%" height="60"></iframe>\n'
        f'<iframe name="page" src="{content}" width="100%" height="600"></iframe></body>\n'
    )
    return layout.document("Registre foncier - Document", body, head=_SCRIPT)


def menu(number: int, variants: Variants) -> str:
    """Return the `menu` frame."""
    link = _save_link(number, variants) if variants.save_link == "menu" else ""
    cells = (
        f'<td class="menuBoutnCentr">{link}</td>'
        f'<td class="menuBoutnCentr"><a href="{addresses.WELCOME}" target="_top">Nouvelle recherche</a></td>'
        f'<td class="menuBoutnCentr"><a href="{addresses.LOGOUT}" target="_top">Fermer la session</a></td>'
    )
    body = f"<body><table><tr>{cells}</tr></table></body>\n"
    return layout.document("Menu", body, head=_SCRIPT)


def blank_menu() -> str:
    """Return a `menu` frame that has nothing yet and asks again."""
    return layout.document("", "<body></body>\n", head=_REFRESH)


def content(demand: Demand) -> str:
    """Return the `page` frame: what the screen shows of the document."""
    lines = (demand.circonscription, demand.cadastre, demand.designation, spaced(demand.number))
    items = "".join(f"<p>{escape(line)}</p>\n" for line in lines if line)
    return layout.document("Document", f"<body>\n{items}</body>\n")


def print_page(number: int) -> str:
    """Return the page between the save link and the PDF: it starts the download, and offers it by hand."""
    address = _at(addresses.SAVE, number)
    body = (
        f"<body onload=\"location.href='{address}'\">\n"
        f'<p>Si le téléchargement ne commence pas, <a href="{address}">cliquez ici</a>.</p></body>\n'
    )
    return layout.document("Impression et sauvegarde", body)


def _save_link(number: int, variants: Variants) -> str:
    is_print_page = variants.delivery == "intermediate_page"
    address = addresses.PRINT_PAGE if is_print_page else addresses.SAVE
    target = {"new_window": "_blank", "inline": "page", "intermediate_page": "page"}.get(variants.delivery, "")
    attribute = f' target="{target}"' if target else ""
    return (
        f'<a title="Sauvegarder ou imprimer le document" href="{_at(address, number)}"{attribute} '
        'onmouseup="fRechrDocmnPDF()">Sauvegarder</a>'
    )


def _at(address: str, number: int) -> str:
    return f"{address}?noDemnd={number}"
