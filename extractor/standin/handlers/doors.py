"""Coming in and going out: entry, login, personal question, welcome, logout."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from extractor.standin import addresses
from extractor.standin.exchange import Exchange
from extractor.standin.pages import doors
from extractor.standin.sessions import COOKIE


async def entry(exchange: Exchange) -> Response:
    return exchange.html(doors.entry(exchange.variants.entry))


async def other_entry(exchange: Exchange) -> Response:  # noqa: ARG001
    """Lead to the login page by another address."""
    return RedirectResponse(addresses.LOGIN, 302)


async def login_page(exchange: Exchange) -> Response:
    """Show the login page, which sets a cookie as classic ASP does."""
    response = exchange.html(doors.login())
    if COOKIE not in exchange.request.cookies:
        response.set_cookie(COOKIE, "anonymous", httponly=True)
    return response


async def login(exchange: Exchange) -> Response:
    """Check the password and open a session, or refuse with the login page."""
    account = exchange.fields.get("txtVaCodeUtils", "").strip()
    if not exchange.site.accounts.accept(account, exchange.fields.get("txtMotPasse", "")):
        exchange.site.ledger.record("login_refused", account=account)
        return exchange.html(doors.login(text=exchange.variants.login_refused_text))
    variants = exchange.variants
    if variants.second_login == "refused" and exchange.site.sessions.are_open(
        account, idle_seconds=variants.idle_seconds
    ):
        exchange.site.ledger.record("login_refused", account=account)
        return exchange.html(doors.login(text="Ce code d'utilisateur est déjà utilisé dans une autre session."))
    cookie = exchange.site.log_in(account, exchange.variants)
    target = addresses.QUESTION if exchange.variants.personal_question else addresses.WELCOME
    response = RedirectResponse(target, 302)
    response.set_cookie(COOKIE, cookie, httponly=True)
    return response


async def question(exchange: Exchange) -> Response:
    """Ask the personal question, again after every answer."""
    text = "La réponse est inexacte." if exchange.request.method == "POST" else ""
    return exchange.html(doors.question(text=text))


async def welcome(exchange: Exchange) -> Response:
    """Show the first page inside."""
    return exchange.html(doors.welcome())


async def logout(exchange: Exchange) -> Response:
    exchange.site.sessions.close(exchange.session)
    exchange.site.ledger.record("logout", account=exchange.session.account, session=exchange.session.label)
    response = exchange.html(doors.logged_out())
    response.delete_cookie(COOKIE)
    return response
