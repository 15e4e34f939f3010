"""What answers when Storage does not, by the rows of docs/supported.md, and the sentence that the user must read."""

from __future__ import annotations

from tests.support.storage_rules import Foreign

HTML = b"<!DOCTYPE html><html><body>Sign in to the network</body></html>"
_OTHER = "Something other than Supabase Storage answered: HTTP "
_BUSY = "Supabase takes no more requests for a while (HTTP 429"
_TROUBLE = "Supabase Storage is in trouble: HTTP "

Answers = dict[str, tuple[Foreign, str]]

OTHER: Answers = {
    "a page": (Foreign(200, HTML), f"{_OTHER}200 with an HTML page."),
    "a page of a gateway": (Foreign(404, HTML), f"{_OTHER}404 with an HTML page."),
    "a route that the gateway does not know": (
        Foreign(404, b'{"message":"no Route matched with those values"}'),
        f"{_OTHER}404 with JSON that is not Storage's.",
    ),
    "the words of Supabase's gateway": (
        Foreign(404, b'{"error":"requested path is invalid"}'),
        f"{_OTHER}404 with JSON that is not Storage's.",
    ),
    "nothing": (Foreign(200), f"{_OTHER}200 with an empty body."),
    "nothing, not found": (Foreign(404), f"{_OTHER}404 with an empty body."),
    "a password for the proxy": (Foreign(401, HTML), f"{_OTHER}401 with an HTML page."),
    "a firewall": (Foreign(403, HTML), f"{_OTHER}403 with an HTML page."),
    "JSON that is no object": (Foreign(200, b'"ok"'), f"{_OTHER}200 with JSON that is not Storage's."),
    "JSON of another program": (Foreign(200, b"{}"), f"{_OTHER}200 with JSON that is not Storage's."),
    "a list of something": (Foreign(200, b"[1]"), f"{_OTHER}200 with JSON that is not Storage's."),
    "text": (Foreign(200, b"pong"), f"{_OTHER}200 with something that is not JSON."),
}

REDIRECT: Answers = {
    "a redirect": (
        Foreign(302, HTML, {"location": "https://login.example/?next=secret"}),
        "SUPABASE_URL leads elsewhere: HTTP 302 with a redirect to login.example.",
    ),
}

BUSY: Answers = {
    "busy": (Foreign(429, HTML), f"{_BUSY})."),
    "busy for seconds": (
        Foreign(429, b'{"message":"rate"}', {"retry-after": "30"}),
        f"{_BUSY}; it asks to wait 30 s).",
    ),
    "busy until a moment": (
        Foreign(429, b"", {"retry-after": "Fri, 27 Nov 2026 08:00:00 GMT"}),
        f"{_BUSY}; it asks to wait until Fri, 27 Nov 2026 08:00:00 GMT).",
    ),
}

TROUBLE: Answers = {
    "bad gateway": (Foreign(502, HTML), f"{_TROUBLE}502 with an HTML page."),
    "unavailable": (Foreign(503), f"{_TROUBLE}503 with an empty body."),
    "gateway's time-out": (
        Foreign(544, b'{"message":"time-out"}'),
        f"{_TROUBLE}544 with JSON that is not Storage's.",
    ),
}

PAUSED: Answers = {
    "paused": (Foreign(540, HTML), "The Supabase project is paused (HTTP 540)"),
    "paused, in JSON": (
        Foreign(540, b'{"message":"Project paused"}'),
        "The Supabase project is paused (HTTP 540)",
    ),
}

RESTRICTED: Answers = {
    "restricted": (
        Foreign(402, b'{"message":"exceed_egress_quota"}'),
        "Supabase restricts the project (HTTP 402)",
    ),
}

ALL = OTHER | REDIRECT | BUSY | TROUBLE | PAUSED | RESTRICTED
