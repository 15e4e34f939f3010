"""What SUPABASE_URL and SUPABASE_SERVICE_KEY show of themselves before the first request: the usual mix-ups, named."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from extractor.errors import ConfigurationError

_WRITE = "write https://PROJECT.supabase.co"
_CURE = "Use the secret key: it begins with sb_secret_, or is the JWT that the dashboard calls service_role."
# Each service of a project has a path of its own; the dashboard and many examples show it with the path.
_SERVICE_PATH = re.compile(r"/(?:auth|functions|graphql|realtime|rest|storage)/v1\b")
_HOSTED = re.compile(r"([a-z0-9]+)\.supabase\.(?:co|in|red)")
_ROLES_WITHOUT_RIGHTS = ("anon", "authenticated")


def check_access(url: str, key: str) -> None:
    """Raise ConfigurationError, in one sentence, for an address or a key with which no document can be stored."""
    address = _split(url)
    host = address.hostname or ""
    if host.removeprefix("app.").removeprefix("www.").removeprefix("api.") in ("supabase.com", "supabase.io"):
        raise ConfigurationError(f"SUPABASE_URL is a page of Supabase's own site: {_of_the_page(address.path)}.")
    if host.startswith("db.") or host.endswith(".pooler.supabase.com"):
        raise ConfigurationError(f"SUPABASE_URL is the host of the database: {_WRITE}.")
    is_hosted = _HOSTED.fullmatch(host)
    if _SERVICE_PATH.search(address.path) or (is_hosted and address.path.strip("/")):
        start = _SERVICE_PATH.split(address.path)[0] if not is_hosted else ""
        raise ConfigurationError(
            f"SUPABASE_URL ends with {address.path}: write {address.scheme}://{address.netloc}{start} alone."
        )
    _check_key(key, project=is_hosted[1] if is_hosted else None)


def _split(url: str) -> SplitResult:
    try:
        address = urlsplit(url)
        is_address = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        is_address = False
    if not is_address or "@" in address.netloc:
        raise ConfigurationError(f"SUPABASE_URL is no address of a project: {_WRITE}.")
    return address


def _of_the_page(path: str) -> str:
    project = re.search(r"/project/([a-z0-9]+)", path)
    return f"write https://{project[1]}.supabase.co" if project else _WRITE


def _check_key(key: str, *, project: str | None) -> None:
    claims = _claims(key)
    if key.startswith("sb_publishable_") or claims.get("role") in _ROLES_WITHOUT_RIGHTS:
        name = claims.get("role", "publishable")
        raise ConfigurationError(f"SUPABASE_SERVICE_KEY is the {name} key, which may store no document. {_CURE}")
    if key.startswith("sbp_"):
        raise ConfigurationError(f"SUPABASE_SERVICE_KEY is an access token of your Supabase account. {_CURE}")
    if project and claims.get("ref", project) != project:
        raise ConfigurationError(
            f"SUPABASE_SERVICE_KEY is a key of the project {claims['ref']}, and SUPABASE_URL names {project}:"
            " take both from one project."
        )


def _claims(key: str) -> Mapping[str, Any]:
    """What a JWT says of its role and project; nothing for a key of another kind. Only the server checks its seal."""
    parts = key.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
