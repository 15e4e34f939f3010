"""A direct host of Supabase that this machine cannot reach, because it has IPv6 addresses only."""

from __future__ import annotations

import socket

import pytest

from extractor.postgres.unreachable import needs_ipv6

# A link-local address without an interface: no machine has a route to it.
NOWHERE = "fe80::1"


@pytest.mark.supported("Supabase's direct host on a machine without IPv6")
def test_host_with_ipv6_alone_is_named_with_the_pooler(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *rest, **types: resolve(NOWHERE, *rest, **types))

    assert needs_ipv6("postgresql://postgres:planted@db.project.supabase.co:5432/postgres") == (
        "db.project.supabase.co has only an IPv6 address, and this machine has no route to it: use the address of the"
        " session pooler (Supabase: Connect, Session pooler, port 5432), or buy the project's IPv4 add-on."
    )
    assert needs_ipv6(f"postgresql://postgres:planted@[{NOWHERE}]:5432/postgres") is not None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@127.0.0.1:1/d",
        "postgresql://u:p@localhost:1/d",
        "postgresql://u:p@no-such-name.invalid/d",
        "postgresql:///d?host=/var/run/postgresql",
        "postgresql:///d",
        "postgresql://%",
    ],
)
def test_other_hosts_have_another_reason(url: str) -> None:
    assert needs_ipv6(url) is None
