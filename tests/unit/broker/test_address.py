"""REDIS_URL: what it may say, and what redis-py, Celery and Flower are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.broker.address import RedisAddress
from extractor.errors import ConfigurationError
from extractor.settings import Settings, read_settings

VERIFIED = {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
BELIEVED = {"ssl_cert_reqs": "none", "ssl_check_hostname": False}


@pytest.mark.parametrize(
    ("url", "tls"),
    [
        ("redis://:p%40ss@redis.example:6379/1", {}),
        ("redis://redis.example", {}),
        ("rediss://:p%40ss@redis.example:6380/0", VERIFIED),
        ("rediss://redis.example?ssl_cert_reqs=required", VERIFIED),
        ("rediss://redis.example/0?ssl_cert_reqs=CERT_REQUIRED&ssl_check_hostname=true", VERIFIED),
        ("rediss://redis.example/0?ssl_cert_reqs=none", BELIEVED),
        ("rediss://redis.example/0?ssl_cert_reqs=CERT_NONE&ssl_check_hostname=true", BELIEVED),
        ("rediss://redis.example/0?ssl_check_hostname=false", {**VERIFIED, "ssl_check_hostname": False}),
    ],
)
def test_certificate_is_verified_unless_the_url_says_otherwise(url: str, tls: dict[str, object]) -> None:
    address = RedisAddress.parse(url)

    assert address.tls == tls
    assert address.url == url.partition("?")[0]
    assert address.is_verified == (tls in ({}, VERIFIED))
    assert "p%40ss" not in repr(address)


@pytest.mark.supported("a parameter of `REDIS_URL` that nothing here knows")
@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("rediss://h/0?ssl=true", "has the parameter ssl, which nothing here knows"),
        ("rediss://h/0?ssl_cert_reqs=optional", "ssl_cert_reqs=optional: write required or none"),
        ("rediss://h/0?ssl_cert_reqs=", "ssl_cert_reqs=: write required or none"),
        ("rediss://h/0?ssl_check_hostname=no", "ssl_check_hostname=no: write true or false"),
        ("rediss://h/0?ssl_ca_certs=/nowhere.pem", "cannot be read as PEM: No such file"),
        ("rediss://h/0?ssl_ca_certs=/dev/null", "cannot be read as PEM"),
        ("rediss://h/0?ssl_keyfile=/dev/null", "has the parameter ssl_keyfile, and no ssl_certfile"),
        ("redis://h/0?ssl_cert_reqs=required", "ssl_cert_reqs, which only rediss:// takes"),
        ("redis://h/0?db=3", "db, which only rediss:// takes"),
        ("redis://h/main", "ends with /main: the number of a database is expected there"),
        ("redis://h/-1", "ends with /-1: the number of a database"),
        ("redis://a:1,b:2/0", "names several servers"),
        ("redis://h:99999/0", "names a port that does not exist"),
    ],
)
def test_what_celery_or_flower_would_read_otherwise_is_refused(
    url: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match=sentence):
        RedisAddress.parse(url)
    (tmp_path / ".env").write_text(f"DATABASE_URL=postgresql://h/d\nSTORAGE_DIR=/tmp\nREDIS_URL={url}\n")
    monkeypatch.setenv("ENV_FILE", str(tmp_path / ".env"))
    with pytest.raises(ConfigurationError, match=f"^REDIS_URL .*{sentence}"):
        read_settings(Settings)
