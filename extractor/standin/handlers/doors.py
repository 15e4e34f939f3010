"""Coming in and going out: entry, login, personal question, welcome, logout."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from extractor.standin import addresses
from extractor.standin.pages import doors
from extractor.standin.sessions import COOKIE
from extractor.standin.visit import Visit


async def entry(visit: Visit) -> Response:
    """Show the entry page."""
    return visit.html(doors.entry(visit.variants.entry))


async def other_entry(visit: Visit) -> Response:  # noqa: ARG001
    """Lead to the login page by another address."""
    return RedirectResponse(addresses.LOGIN, 302)


async def login_page(visit: Visit) -> Response:
    """Show the login page, which sets a cookie as classic ASP does."""
    response = visit.html(doors.login())
    if COOKIE not in visit.request.cookies:
        response.set_cookie(COOKIE, "anonymous", httponly=True)
    return response


async def login(visit: Visit) -> Response:
    """Check the password and open a session, or refuse with the login page."""
    account = visit.fields.get("txtVaCodeUtils", "").strip()
    if not visit.site.accounts.accept(account, visit.fields.get("txtMotPasse", "")):
        visit.site.ledger.record("login_refused", account=account)
        return visit.html(doors.login(text=visit.variants.login_refused_text))
    cookie = visit.site.log_in(account, visit.variants)
    target = addresses.QUESTION if visit.variants.personal_question else addresses.WELCOME
    response = RedirectResponse(target, 302)
    response.set_cookie(COOKIE, cookie, httponly=True)
    return response


async def question(visit: Visit) -> Response:
    """Ask the personal question, again after every answer."""
    text = "La réponse est inexacte." if visit.request.method == "POST" else ""
    return visit.html(doors.question(text=text))


async def welcome(visit: Visit) -> Response:
    """Show the first page inside."""
    return visit.html(doors.welcome())


async def logout(visit: Visit) -> Response:
    """End the session."""
    visit.site.sessions.close(visit.session)
    visit.site.ledger.record("logout", account=visit.session.account, session=visit.session.label)
    response = visit.html(doors.logged_out())
    response.delete_cookie(COOKIE)
    return response
