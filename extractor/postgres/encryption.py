"""Which connections must be encrypted: all but those that stay on this machine or in a private network.

libpq's own default, `prefer`, goes on in plain text without a word when the server offers no TLS, or when somebody on
the way says so in its name.
"""

from __future__ import annotations

import ipaddress
import os

from psycopg.conninfo import conninfo_to_dict

# RFC 1918, loopback, link-local, and what IPv6 has in their place.
_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16",
                    "::1/128", "fc00::/7", "fe80::/10")
)  # fmt: skip
# RFC 6761 and 6762, ICANN's name for private networks (host.docker.internal), and the services of Kubernetes.
_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".svc")


def options(url: str) -> dict[str, str]:
    """What to add to the URL's own parameters: `sslmode` of the URL and PGSSLMODE win.

    Settings have checked that libpq can read the URL.
    """
    says = conninfo_to_dict(url).get("sslmode") or os.environ.get("PGSSLMODE")
    return {} if says or all(map(is_local, hosts(url))) else {"sslmode": "require"}


def hosts(url: str) -> list[str]:
    """The hosts of the URL, of which libpq takes the first that answers; empty for a socket of this machine."""
    given = conninfo_to_dict(url)
    named = given.get("host") or given.get("hostaddr") or os.environ.get("PGHOST") or ""
    return str(named).split(",")


def is_local(host: str) -> bool:
    """Whether a password stays on this machine or in its private network: a socket, `db`, 192.168.1.5, …"""
    if not host or host.startswith(("/", "@")):
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        name = host.lower().rstrip(".")
        return "." not in name or name.endswith(_PRIVATE_NAMES)
    mapped = getattr(address, "ipv4_mapped", None) or address
    return any(mapped in network for network in _PRIVATE)
