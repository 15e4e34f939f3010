"""REDIS_URL, read once for all: by themselves redis-py, Celery and Flower each read TLS in another way.

Celery alone takes `rediss://` for "encrypt, and believe every certificate", Flower reads no parameter of the URL, and
redis-py verifies (kombu 5.7, Flower 2.2, redis-py 8.1). Here one spelling, redis-py's, becomes the arguments that all
three take.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
# Celery's documents write CERT_NONE, redis-py's none.
_VERIFIES = {"required": True, "cert_required": True, "none": False, "cert_none": False}
_SWITCH = {"true": True, "false": False}


@dataclass(frozen=True)
class RedisAddress:
    """Where the broker is, and how TLS is spoken to it."""

    url: str = field(repr=False)
    """Without parameters: scheme, user, password, host, port and number of the database."""
    tls: Mapping[str, Any]
    """Arguments that redis-py, Celery's `broker_use_ssl` and Flower share; empty for `redis://`."""

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read REDIS_URL; raises ValueError with the rest of a sentence that begins with the name of the setting."""
        parts = urlsplit(url)
        if "," in parts.netloc:
            raise ValueError("names several servers: Celery's queues need one.")
        if not re.fullmatch(r"/?|/\d+", parts.path, re.ASCII):
            raise ValueError(f"ends with {parts.path}: the number of a database is expected there, most often /0.")
        try:
            _ = parts.port
        except ValueError:
            raise ValueError("names a port that does not exist: the highest is 65535.") from None
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        plain = parts._replace(query="", fragment="").geturl()
        if parts.scheme == "redis":
            if given:
                raise ValueError(f"has {_named(given)}, which only rediss:// takes: redis:// does not encrypt.")
            return cls(plain, {})
        return cls(plain, _tls(given))

    @property
    def is_verified(self) -> bool:
        """False where TLS was told to believe a certificate that proves nothing, or one of another host."""
        return not self.tls or bool(self.tls["ssl_check_hostname"])

    @property
    def place(self) -> str:
        """Host and port, to be shown."""
        return f"{self.host}:{self.port}"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or "localhost"

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 6379

    @property
    def database(self) -> int:
        return int(urlsplit(self.url).path.strip("/") or 0)


def _tls(given: Mapping[str, str]) -> dict[str, Any]:
    """Verify the certificate and its host, unless the URL itself says otherwise."""
    unknown = sorted(given.keys() - {*_FILES, "ssl_cert_reqs", "ssl_check_hostname"})
    if unknown:
        raise ValueError(f"has {_named(unknown)}, which nothing here knows: leave it out (docs/operate.md#the-broker).")
    verifies = _choice(given, "ssl_cert_reqs", _VERIFIES, "required or none")
    checks_host = _choice(given, "ssl_check_hostname", _SWITCH, "true or false")
    files = {name: given[name] for name in _FILES if name in given}
    _load(files)
    reqs = "required" if verifies else "none"
    return {"ssl_cert_reqs": reqs, "ssl_check_hostname": verifies and checks_host, **files}


def _choice(given: Mapping[str, str], name: str, choices: Mapping[str, bool], known: str) -> bool:
    try:
        return choices[given.get(name, next(iter(choices))).lower()]
    except KeyError:
        raise ValueError(f"has the parameter {name}={given[name]}: write {known}.") from None


def _load(files: Mapping[str, str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority, certificate, key = map(files.get, _FILES)
    if key and not certificate:
        raise ValueError("has the parameter ssl_keyfile, and no ssl_certfile to which the key belongs.")
    try:
        if authority is not None:
            context.load_verify_locations(authority)
        if certificate is not None:
            context.load_cert_chain(certificate, key)
    except OSError as error:  # also ssl.SSLError: what is in the file
        names = " and ".join(f"{name}={path}" for name, path in files.items())
        raise ValueError(f"has {names}, which cannot be read as PEM: {error.strerror or error}.") from error


def _named(names: Mapping[str, str] | list[str]) -> str:
    return f"the parameter {', '.join(names)}"
