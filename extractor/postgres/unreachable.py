"""Why a connection fails before it reaches a server: the direct hosts of Supabase have an IPv6 address only."""

from __future__ import annotations

import socket

import psycopg
from psycopg.conninfo import conninfo_to_dict

_DISCARD_PORT = 9


def needs_ipv6(url: str) -> str | None:
    """One sentence when the host of the address has only IPv6 addresses, and this machine reaches none of them.

    Ask after a connection failed; it sends no packet to the host, but may ask DNS. None in every other case.
    """
    try:
        hosts = str(conninfo_to_dict(url).get("host") or "").split(",")
    except psycopg.ProgrammingError:
        return None
    for host in hosts:
        addresses = _addresses(host)
        if addresses and not any(_is_reachable(family, address) for family, address in addresses):
            return (
                f"{host} has only an IPv6 address, and this machine has no route to it: use the address of the session"
                " pooler (Supabase: Connect, Session pooler, port 5432), or buy the project's IPv4 add-on."
            )
    return None


def _addresses(host: str) -> list[tuple[int, tuple[object, ...]]]:
    """Its addresses if all are IPv6, else none."""
    if not host or host.startswith("/"):
        return []
    try:
        found = socket.getaddrinfo(host, _DISCARD_PORT, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return []
    is_ipv6_only = all(family == socket.AF_INET6 for family, *_ in found)
    return [(family, address) for family, *_, address in found] if is_ipv6_only else []


def _is_reachable(family: int, address: tuple[object, ...]) -> bool:
    """Whether the kernel has a route: to connect a datagram socket sends nothing."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(address)
    except OSError:
        return False
    return True
