"""Saves the stand-in's pages, each with what docs/site.md says it is: `python -m tests.unit.registry.record`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from extractor.standin import addresses
from extractor.standin.app import create_app
from tests.support.standin_client import StandinClient
from tests.support.standin_server import running
from tests.unit.standin.html_page import Page
from tests.unit.standin.visitor import Visitor

from . import saved_page

HOST = "https://www.registrefoncier.gouv.qc.ca"
PLAN: Final = "plan_cadastraux"

Visit = Callable[[Visitor], Page]

# name, the variants, how to reach the page, which page it is
PAGES: list[tuple[str, dict[str, Any], Visit, dict[str, str]]] = [
    ("entry-link", {"entry": "link"}, lambda v: v.get(addresses.SIRF), {"kind": "entry"}),
    ("entry-area", {"entry": "area"}, lambda v: v.get(addresses.SIRF), {"kind": "entry"}),
    ("entry-image", {"entry": "image"}, lambda v: v.get(addresses.SIRF), {"kind": "entry"}),
    ("login", {}, lambda v: v.get(addresses.LOGIN), {"kind": "login"}),
    (
        "login-refused",
        {},
        lambda v: v.log_in(password="wrong"),
        {"kind": "login", "message": "Le code d'utilisateur ou le mot de passe est invalide.", "meaning": "other"},
    ),
    ("personal-question", {"personal_question": True}, lambda v: v.log_in(), {"kind": "question"}),
    ("welcome", {}, lambda v: v.get(addresses.WELCOME), {"kind": "welcome"}),
    (
        "form-index",
        {"cadastre_select": "filled_after"},
        lambda v: v.get(addresses.INDEX_FORM),
        {"kind": "form", "source": "index"},
    ),
    ("form-acte", {}, lambda v: v.get(addresses.ACTE_FORM), {"kind": "form", "source": "acte"}),
    (
        "form-acte-postback",
        {"acte_postback": True},
        lambda v: v.get(addresses.ACTE_FORM),
        {"kind": "form", "source": "acte"},
    ),
    ("form-plan", {}, lambda v: v.get(addresses.PLAN_FORM), {"kind": "form", "source": PLAN}),
    (
        "form-index-cadastre-absent",
        {"cadastre_select": "absent_until"},
        lambda v: v.get(addresses.INDEX_FORM),
        {"kind": "form", "source": "index"},
    ),
    (
        "form-index-iso-8859-1",
        {"encoding": "iso-8859-1"},
        lambda v: v.get(addresses.INDEX_FORM),
        {"kind": "form", "source": "index"},
    ),
    (
        "form-index-renamed",
        {"renamed_ids": True},
        lambda v: v.get(addresses.INDEX_FORM),
        {"kind": "unknown", "source": "index", "lacks": "form.circonscription"},
    ),
    (
        "form-acte-number-renamed",
        {"renamed_ids": ["txtNoReqst"]},
        lambda v: v.get(addresses.ACTE_FORM),
        {"kind": "unknown", "source": "acte", "lacks": "form.inscription"},
    ),
    (
        "message-missing-acte",
        {},
        lambda v: v.search("acte", "25616404"),
        {
            "kind": "message",
            "source": "acte",
            "message": "Le document demandé est inexistant",
            "meaning": "not_found",
        },
    ),
    (
        "message-missing-index-iso-8859-1",
        {"encoding": "iso-8859-1"},
        lambda v: v.search("index", "2784404"),
        {
            "kind": "message",
            "source": "index",
            "message": "La fiche immobilière demandée est inexistante",
            "meaning": "not_found",
        },
    ),
    (
        "message-other-circonscription",
        {},
        lambda v: v.search(PLAN, "2784408"),
        {
            "kind": "message",
            "source": PLAN,
            "message": "Le lot n'existe pas dans la circonscription foncière demandée",
            "meaning": "not_found",
        },
    ),
    (
        "message-inactive-on-form",
        {"inactive_where": "same_form_page"},
        lambda v: v.search(PLAN, "2784410"),
        {"kind": "message", "source": PLAN, "message": "Le lot demandé est inactif", "meaning": "inactive"},
    ),
    (
        "message-inactive-own-page",
        {"inactive_where": "own_page"},
        lambda v: v.search(PLAN, "2784410"),
        {"kind": "message", "message": "Le lot demandé est inactif", "meaning": "inactive"},
    ),
    (
        "message-nothing-typed",
        {},
        lambda v: v.search("index", ""),
        {"kind": "message", "source": "index", "message": "Vous devez inscrire le numéro de lot.", "meaning": "other"},
    ),
    (
        "similar-list",
        {},
        lambda v: v.search("acte", "25616407"),
        {
            "kind": "similar_list",
            "message": "Nous vous proposons une liste de document(s) dont le numéro est semblable à celui demandé",
            "meaning": "similar",
        },
    ),
    ("plan-selection", {}, lambda v: v.search(PLAN, "2784411"), {"kind": "plan_selection"}),
    (
        "plan-selection-inactive",
        {"inactive_where": "selection"},
        lambda v: v.search(PLAN, "2784410"),
        {"kind": "plan_selection", "message": "Le lot demandé est inactif", "meaning": "inactive"},
    ),
    ("confirmation", {}, lambda v: v.search(PLAN, "2784195"), {"kind": "confirmation"}),
    (
        "confirmation-inactive",
        {},
        lambda v: v.search(PLAN, "2784410"),
        {"kind": "confirmation", "message": "Le lot demandé est inactif", "meaning": "inactive"},
    ),
    (
        "confirmation-renamed",
        {"renamed_ids": ["btnConfr"]},
        lambda v: v.search(PLAN, "2784195"),
        {"kind": "unknown", "lacks": "answer.confirm"},
    ),
    ("waiting", {"waiting_seconds": 60}, lambda v: v.search("index", "2784413"), {"kind": "waiting"}),
    (
        "document-menu-late",
        {"waiting": "late_menu", "waiting_seconds": 60},
        lambda v: v.search("index", "2784413"),
        {"kind": "waiting"},
    ),
    ("document-menu", {}, lambda v: v.search("index", "2784195"), {"kind": "document"}),
    ("document-top", {"save_link": "top"}, lambda v: v.search("index", "2784195"), {"kind": "document"}),
    (
        "expired-message",
        {"expired": "message", "expire_at": "form"},
        lambda v: v.get(addresses.INDEX_FORM),
        {
            "kind": "expired",
            "message": "Votre session est expirée. Veuillez vous identifier de nouveau.",
            "meaning": "other",
        },
    ),
    (
        "expired-login-in-place",
        {"expired": "login_page", "expire_at": "form"},
        lambda v: v.get(addresses.INDEX_FORM),
        {"kind": "login"},
    ),
    (
        "closed",
        {"closed": True},
        lambda v: v.get(addresses.LOGIN),
        {
            "kind": "closed",
            "message": "Le Registre foncier en ligne est fermé. Il est ouvert du lundi au vendredi de 6 h à minuit.",
            "meaning": "other",
        },
    ),
    (
        "server-error",
        {"error_status": 503, "error_at": "form"},
        lambda v: v.get(addresses.ACTE_FORM),
        {"kind": "unavailable"},
    ),
]


def record() -> None:
    with running(create_app()) as base_url, StandinClient(base_url) as standin:
        for name, variants, visit, state in PAGES:
            standin.reset()
            with Visitor(base_url) as visitor:
                visitor.log_in()
                standin.set_variants(**variants)
                _save(name, visit(visitor), visitor, state, variants.get("encoding", "utf-8"))


def _save(name: str, page: Page, visitor: Visitor, state: dict[str, str], charset: str) -> None:
    path = urlsplit(str(page.url)).path
    saved_page.save(name, page.source, url=HOST + path, status=page.status, charset=charset, state=state)
    for frame, address in page.frames.items():
        inner = visitor.get(address)
        saved_page.save(f"{name}@{frame}", inner.source, url=urljoin(HOST, urlsplit(address).path))


if __name__ == "__main__":
    record()
