"""The stand-in site as a web application, and its manual.

It behaves as the registry's site does, as far as it is known, and sells nothing: rehearse here what
costs 1,50 $ there. Start it with::

    python -m extractor.standin --port 8900 [--ledger FILE.jsonl] [--accounts user:password,...]
                                [--variants JSON] [--latency-ms N] [--seed N]

and log in with any user code of the form `99X9999` and the password `standin` (`--accounts` replaces that).

**Which documents exist.** Everything that is well-formed: an inscription number in any circonscription, only under
its own type (`T 14 454 660` is a Radiation, `6 012 345` an Avis d'adresse, `90 123 456` an Acte divers, any
other, such as `25 616 321`, an Acte); a seven-digit lot in the Cadastre du Québec, whatever the circonscription;
any other lot in any other cadastre of its circonscription, without a désignation and under the last that the
cadastre offers, and under no other. The last three digits of the number choose
what happens, like the test cards of a payment service; on a form that is not named, the ending means
nothing:

====== ============ =====================================================================================
ending form         what happens
====== ============ =====================================================================================
404    all          does not exist: the form's own "inexistant" message
405    acte         similar numbers are offered, but not the one asked for
406    acte         similar numbers are offered; the one asked for exists on paper only (`BPD.GIF`)
407    acte         similar numbers are offered; the one asked for is among them and can be bought
408    index, plan  "Le lot n'existe pas dans la circonscription foncière demandée"
409    all          "Aucune information ne correspond aux critères de sélection"
410    plan         "est inactif" is said, and the flow goes on (variant `inactive_where`)
411    plan         three plans of different dates to choose from (variant `plan_order`)
412    all          a confirmation page comes before the document
413    all          the document takes `waiting_seconds` (variant `waiting`)
414    all          the download is an HTML page
415    all          the download is half a PDF
416    all          the download has 0 bytes
417    all          the download is the PDF of another document
418    index, plan  exists under the cadastre's last désignation only, and not without one
====== ============ =====================================================================================

**What it costs.** A consultation is entered in the ledger when the site decides to produce a document: at
Confirmer where there is one, else at the submit or the choice that leads straight to it. Searches,
messages and lists are free; each click that reaches the site is billed, even when it is a POST that something on
its way repeated. What is asked for by GET is never billed: a document, its waiting page, its file.

**Variants.** What is unknown about the real site is a setting: see `variants.Variants`. `--variants`
and PUT `/_standin/variants` take its fields as JSON, with `rules` (`[{"number": "1 234 567", "waiting":
"held"}]`: for the requests of one source, number or account) and `random` (drawn for each login and
each form, from `seed`).

**Control**, from this machine only, JSON both ways:

- GET `/_standin/health`
- GET `/_standin/ledger`: every entry, oldest first
- GET, PUT `/_standin/variants`: replaces all
- PUT `/_standin/accounts`: `{"user": "password"}` replaces all; `{}` restores the default rule
- PUT `/_standin/catalogue`: a list of `catalogue.CatalogueEntry`, exceptions to the table; replaces all
- DELETE `/_standin/sessions`: every session ends
- POST `/_standin/reset`: as started, with an empty ledger
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from extractor.standin import addresses, control
from extractor.standin.catalogue import Catalogue
from extractor.standin.handlers import choices, doors, downloads, forms, frames, waits
from extractor.standin.ledger import Ledger
from extractor.standin.scenario import Scenario
from extractor.standin.site import Site
from extractor.standin.stage import staged

_PIXEL: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def create_app(
    *,
    scenario: Scenario | None = None,
    accounts: Mapping[str, str] | None = None,
    catalogue: Catalogue | None = None,
    ledger: Path | None = None,
    latency_ms: int = 0,
) -> Starlette:
    """Build the site; `ledger` is a JSONL file that outlives it."""
    app = Starlette(routes=[*_doors(), *_forms(), *_choices(), *_document(), *_scenery(), control.mount()])
    app.state.site = Site(
        scenario=scenario or Scenario(),
        accounts=accounts,
        catalogue=catalogue or Catalogue(),
        ledger=Ledger(ledger),
        latency_ms=latency_ms,
    )
    return app


def _doors() -> list[Route]:
    question = staged(doors.question, "login", public=True)
    return [
        Route(addresses.SIRF, staged(doors.entry, "entry", public=True)),
        Route(addresses.OTHER_ENTRY, staged(doors.other_entry, "entry", public=True)),
        Route(addresses.LOGIN, staged(doors.login_page, "login", public=True)),
        Route(addresses.LOGIN, staged(doors.login, "login", public=True), methods=["POST"]),
        Route(addresses.QUESTION, question, methods=["GET", "POST"]),
        Route(addresses.WELCOME, staged(doors.welcome, "login")),
        Route(addresses.LOGOUT, staged(doors.logout, "login")),
    ]


def _forms() -> list[Route]:
    return [
        Route(address, staged(forms.form, forms.step_of, source=source), methods=["GET", "POST"])
        for source, address in addresses.FORMS.items()
    ]


def _choices() -> list[Route]:
    return [
        Route(addresses.PLAN_SELECTION, staged(choices.selection_page, "submit")),
        Route(addresses.PLAN_SELECTION, staged(choices.select_plan, "selection"), methods=["POST"]),
        Route(addresses.WARNING, staged(choices.warning_page, "submit")),
        Route(addresses.WARNING, staged(choices.go_on, "selection"), methods=["POST"]),
        Route(addresses.CONFIRMATION, staged(choices.confirmation_page, "submit")),
        Route(addresses.CONFIRMATION, staged(choices.confirm, "confirm"), methods=["POST"]),
    ]


def _document() -> list[Route]:
    return [
        Route(addresses.REDIRECT, staged(frames.redirect, "document")),
        Route(addresses.WAITING_FRAME, staged(waits.frame, "document")),
        Route(addresses.WAITING_HOP, staged(waits.hop, "document")),
        Route(addresses.ABANDON, staged(waits.abandon, "document")),
        Route(addresses.FRAMESET, staged(frames.frameset, "document")),
        Route(addresses.MENU_FRAME, staged(frames.menu, "document")),
        Route(addresses.PAGE_FRAME, staged(frames.content, "document")),
        Route(addresses.PRINT_PAGE, staged(downloads.print_page, "download")),
        Route(addresses.SAVE, staged(downloads.save, "download")),
    ]


def _scenery() -> list[Route]:
    return [Route("/", _to_entry), Route(addresses.IMAGES + "/{name}", _image)]


async def _to_entry(_request: Request) -> Response:
    return RedirectResponse(addresses.SIRF, 302)


async def _image(_request: Request) -> Response:
    return Response(_PIXEL, media_type="image/gif")
