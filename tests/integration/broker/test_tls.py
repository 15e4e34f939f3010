"""`rediss://`: a certificate that proves nothing stops everything that talks to the broker; one spelling for all."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
import redis

from extractor.doctor.check import State
from extractor.local.valkey import EmbeddedValkey
from tests.integration.broker.conftest import (
    bridge_reaches,
    celery_reaches,
    doctor,
    flower_reaches,
    start_refusal,
)
from tests.support.tls import Authority, tls_before

REFUSED = "The certificate of the broker proves nothing: "
HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("foreign"))


@pytest.fixture(scope="module")
def ports(authority: Authority, valkey: EmbeddedValkey) -> Iterator[dict[str, int]]:
    """The broker behind TLS, by what is right or wrong with its certificate."""
    yesterday = datetime.timedelta(days=-1)
    shown: dict[str, ssl.SSLContext] = {
        "right": authority.certificate(HOST),
        "of another host": authority.certificate("redis.example"),
        "expired": authority.certificate(HOST, ends=yesterday),
    }
    with ExitStack() as stack:
        yield {name: stack.enter_context(tls_before(valkey.port, context)) for name, context in shown.items()}


@pytest.fixture
def url(valkey: EmbeddedValkey) -> Callable[[int, str], str]:
    def of(port: int, parameters: str) -> str:
        with redis.Redis.from_url(valkey.url) as client:
            client.flushall()
        return f"rediss://:{urlsplit(valkey.url).password}@{HOST}:{port}/0{parameters}"

    return of


def reached() -> list[bool]:
    return [celery_reaches(), flower_reaches(), bridge_reaches()]


@pytest.mark.supported("`rediss://` with a certificate of your own authority")
def test_own_authority_is_named_once_for_all(
    with_broker: Callable[..., None],
    ports: dict[str, int],
    url: Callable[[int, str], str],
    authority: Authority,
) -> None:
    with_broker(url(ports["right"], f"?ssl_ca_certs={authority.path}"))

    assert reached() == [True, True, True]
    assert start_refusal() == ""
    assert doctor().state is State.OK


@pytest.mark.supported("`rediss://` with a certificate that proves nothing")
@pytest.mark.parametrize(
    ("certificate", "trusted", "reason"),
    [
        ("right", None, "unable to get local issuer certificate"),
        ("right", "foreign", "unable to get local issuer certificate"),
        ("of another host", "authority", "IP address mismatch, certificate is not valid for '127.0.0.1'"),
        ("expired", "authority", "certificate has expired"),
    ],
)
def test_certificate_that_proves_nothing_is_refused_by_all(
    with_broker: Callable[..., None],
    ports: dict[str, int],
    url: Callable[[int, str], str],
    authority: Authority,
    foreign: Authority,
    certificate: str,
    trusted: str | None,
    reason: str,
) -> None:
    authorities = {"authority": authority.path, "foreign": foreign.path}
    with_broker(url(ports[certificate], f"?ssl_ca_certs={authorities[trusted]}" if trusted else ""))

    assert reached() == [False, False, False]
    assert start_refusal().startswith(REFUSED + reason)
    verdict = doctor()
    assert verdict.state is State.PROBLEM
    assert verdict.text.startswith(REFUSED + reason)


@pytest.mark.supported("`rediss://` with `ssl_cert_reqs=none`")
@pytest.mark.parametrize("parameters", ["?ssl_cert_reqs=none", "?ssl_cert_reqs=CERT_NONE"])
def test_every_certificate_is_believed_where_somebody_wrote_so(
    with_broker: Callable[..., None], ports: dict[str, int], url: Callable[[int, str], str], parameters: str
) -> None:
    with_broker(url(ports["expired"], parameters))

    assert reached() == [True, True, True]
    assert start_refusal() == ""
    verdict = doctor()
    assert verdict.state is State.WARNING
    assert verdict.text.startswith("REDIS_URL believes every certificate: ")


def test_host_name_goes_unchecked_where_somebody_wrote_so(
    with_broker: Callable[..., None],
    ports: dict[str, int],
    url: Callable[[int, str], str],
    authority: Authority,
) -> None:
    parameters = f"?ssl_ca_certs={authority.path}&ssl_check_hostname=false"
    with_broker(url(ports["of another host"], parameters))
    assert reached() == [True, True, True]
    assert doctor().state is State.WARNING

    with_broker(url(ports["expired"], parameters))
    assert reached() == [False, False, False]
