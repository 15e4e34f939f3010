"""The document page: its frames, and the link that saves the PDF (docs/site.md#document-page)."""

from __future__ import annotations

from html import escape
from typing import Final

from extractor.standin import addresses
from extractor.standin.demand import Demand, spaced
from extractor.standin.pages import layout
from extractor.standin.pages.waits import REFRESH
from extractor.standin.purchases import at
from extractor.standin.variants import Variants

_SCRIPT: Final = '<script type="text/javascript">function fRechrDocmnPDF() { return true; }</script>\n'


def frameset(reference: int, variants: Variants) -> str:
    """Return the document page: two frames, or a top page around them that carries the save link."""
    menu, content = at(addresses.MENU_FRAME, reference), at(addresses.PAGE_FRAME, reference)
    if variants.save_link == "menu":
        frames = f'<frame name="menu" src="{menu}"><frame name="page" src="{content}">'
        return layout.document("Registre foncier - Document", f'<frameset rows="60,*">{frames}</frameset>\n')
    body = (
        f'<body><table><tr><td class="fondOrang">{_save_link(reference, variants)}</td></tr></table>\n'
        f'<iframe name="menu" src="{menu}" width="100%" height="60"></iframe>\n'
        f'<iframe name="page" src="{content}" width="100%" height="600"></iframe></body>\n'
    )
    return layout.document("Registre foncier - Document", body, head=_SCRIPT)


def menu(reference: int, variants: Variants) -> str:
    link = _save_link(reference, variants) if variants.save_link == "menu" else ""
    cells = (
        f'<td class="menuBoutnCentr">{link}</td>'
        f'<td class="menuBoutnCentr"><a href="{addresses.WELCOME}" target="_top">Nouvelle recherche</a></td>'
        f'<td class="menuBoutnCentr"><a href="{addresses.LOGOUT}" target="_top">Fermer la session</a></td>'
    )
    body = f"<body><table><tr>{cells}</tr></table></body>\n"
    return layout.document("Menu", body, head=_SCRIPT)


def blank_menu() -> str:
    """Return a `menu` frame that has nothing yet and asks again."""
    return layout.document("", "<body></body>\n", head=REFRESH)


def content(demand: Demand) -> str:
    """Return the `page` frame: what the screen shows of the document."""
    lines = (demand.circonscription, demand.cadastre, demand.designation, spaced(demand.number))
    items = "".join(f"<p>{escape(line)}</p>\n" for line in lines if line)
    return layout.document("Document", f"<body>\n{items}</body>\n")


def print_page(reference: int) -> str:
    """Return the page between the save link and the PDF: it starts the download, and offers it by hand."""
    address = at(addresses.SAVE, reference)
    body = (
        f"<body onload=\"location.href='{address}'\">\n"
        f'<p>Si le téléchargement ne commence pas, <a href="{address}">cliquez ici</a>.</p></body>\n'
    )
    return layout.document("Impression et sauvegarde", body)


def _save_link(reference: int, variants: Variants) -> str:
    is_print_page = variants.delivery == "intermediate_page"
    address = addresses.PRINT_PAGE if is_print_page else addresses.SAVE
    target = {"new_window": "_blank", "inline": "page", "intermediate_page": "page"}.get(variants.delivery, "")
    attribute = f' target="{target}"' if target else ""
    return (
        f'<a title="Sauvegarder ou imprimer le document" href="{at(address, reference)}"{attribute} '
        'onmouseup="fRechrDocmnPDF()">Sauvegarder</a>'
    )
