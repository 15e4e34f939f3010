"""How a login ends at the site: one GET of the address that its pages name, without the browser that logged in.

A site that allows one session per account refuses the next login until the last one has ended (docs/site.md#login).
"""

from __future__ import annotations

import http.client
import threading
import urllib.request
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from extractor.browser.chromium import browser_errors
from extractor.registry.opener import as_header, opener
from extractor.registry.page_state import fold
from extractor.registry.visit import Visit

# Seconds for the whole request; a session that ends waits for it, and so does a process that was asked to stop.
LOGOUT_TIMEOUT = 3.0


@dataclass(frozen=True)
class Logout:
    """The request that ends one login. It needs no browser: any thread may send it, also when the browser is gone."""

    address: str
    user_agent: str
    cookies: str = field(repr=False)
    """The value of the Cookie header, which is the login itself."""

    def send(self) -> None:
        """Raises OSError when no answer came in LOGOUT_TIMEOUT; whether the login ended, no answer proves."""
        failures: list[OSError] = []

        def request() -> None:
            try:
                self._request()
            except OSError as error:
                failures.append(error)

        # urllib bounds each step of a request, and not the whole.
        thread = threading.Thread(target=request, name="logout", daemon=True)
        thread.start()
        thread.join(LOGOUT_TIMEOUT)
        if failures or thread.is_alive():
            raise failures[0] if failures else TimeoutError(f"no answer in {LOGOUT_TIMEOUT:g} s")

    def _request(self) -> None:
        headers = {"User-Agent": self.user_agent, "Cookie": as_header(self.cookies)}
        request = urllib.request.Request(self.address, headers=headers)  # noqa: S310 -- see opener.py
        try:
            answer = opener().open(request, timeout=LOGOUT_TIMEOUT)
        except (http.client.HTTPException, ValueError) as error:
            raise OSError(f"{type(error).__name__}: {error}") from error
        if answer is None:
            raise OSError(f"{self.address} is not a web address.")
        answer.close()


def find_logout(visit: Visit) -> Logout | None:
    """The request that the page's link asks for; None for a page that has no such link, or one that is no address."""
    texts = {fold(text) for text in visit.site.texts.logout}
    links = LexborHTMLParser(visit.html()).css("a[href]")
    href = next((link.attributes["href"] or "" for link in links if fold(link.text()) in texts), "")
    address = _address_on_site(href, visit.page.url)
    if address is None:
        return None
    with browser_errors():
        cookies = visit.page.context.cookies(address)
    header = "; ".join(f"{one['name']}={one['value']}" for one in cookies)
    return Logout(address, visit.user_agent, header)


def _address_on_site(href: str, here: str) -> str | None:
    """The whole address; None for a script, a place on the page itself, another site, or what is no address at all."""
    here = here.partition("#")[0]
    try:
        address = urljoin(here, href).partition("#")[0]
        is_of_site = urlsplit(address).netloc == urlsplit(here).netloc
    except ValueError:
        return None
    return address if is_of_site and address != here else None
