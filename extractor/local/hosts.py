"""Under which names the API and Flower answer.

A foreign web page can let its own name mean 127.0.0.1 (DNS rebinding). The browser then takes an answer of this machine
for one of that page, and lets the page read it and give orders. Only the Host header tells the two apart.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from extractor.language.sentences import Sentence


class Hosts:
    """The names that a server answers to; this machine's own are always among them, for health checks."""

    def __init__(self, listening: str, allowed: str) -> None:
        """`listening` is the server's address, `allowed` is ALLOWED_HOSTS.

        Off loopback, where a password guards the server, every name is answered unless ALLOWED_HOSTS names some.
        """
        self._allowed = {_name(host) for host in allowed.split(",")} - {""}
        self._is_open = not (self._allowed or is_loopback(listening))

    def refusal(self, host: str | None) -> str | None:
        """The sentence for a call with this Host header; None when the call may pass."""
        name = _name(host or "")
        if self._is_open or is_loopback(name) or name in self._allowed:
            return None
        return Sentence(
            "Nothing was done, because the call came for the host {host!r}, which may belong to a foreign page: open"
            " localhost instead, or write your own host into ALLOWED_HOSTS and restart this server.",
            host=host or "",
        )


def is_loopback(host: str) -> bool:
    """Whether a name or an address can only mean this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _name(host: str) -> str:
    """A Host header without its port and the brackets of an IPv6 address, in small letters."""
    try:
        return urlsplit(f"//{host.strip()}").hostname or ""
    except ValueError:  # brackets that hold no address
        return ""
