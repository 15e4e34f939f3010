"""Wrong settings stop the process with a sentence before any work begins."""

from __future__ import annotations

import os
import traceback

import pytest

from extractor.errors import ConfigurationError
from extractor.settings import Settings, forget_secrets, load_settings

GOOD = {"DATABASE_URL": "postgresql://localhost/x", "REDIS_URL": "redis://localhost/0", "STORAGE_DIR": "/tmp/x"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("ENV_FILE", "")
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    return monkeypatch


def test_good_settings_load(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("WORKER_ID", "bureau-1")

    assert load_settings().worker_id == "bureau-1"


@pytest.mark.parametrize(("said", "limit"), [(None, 100), ("", 100), ("0", None), ("7", 7)])
def test_day_has_a_limit_unless_it_is_set_to_0(
    said: str | None, limit: int | None, environment: pytest.MonkeyPatch
) -> None:
    if said is not None:
        environment.setenv("DAILY_CONSULTATION_LIMIT", said)

    assert load_settings().daily_consultation_limit == limit


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL is required."),
        ({"STORAGE_DIR": ""}, "Say where documents go"),
        ({"SUPABASE_URL": "https://a.example"}, "SUPABASE_URL and SUPABASE_SERVICE_KEY go together"),
        ({"SUPABASE_URL": "https://a.example", "SUPABASE_SERVICE_KEY": "k"}, "exactly one of the two"),
        ({"LEASE_SECONDS": "15"}, "LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS"),
        ({"JOB_TIMEOUT_SECONDS": "300"}, "JOB_TIMEOUT_SECONDS must exceed DOCUMENT_TIMEOUT_SECONDS"),
        ({"ALLOWED_HOSTS": "https://bureau.example"}, "ALLOWED_HOSTS has 'https://bureau.example': write names only"),
        ({"ALLOWED_HOSTS": "a.example,b.example:443"}, "ALLOWED_HOSTS has 'b.example:443'"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS has '*'"),
        ({"WEBHOOK_URL": "https://a.example/hook"}, "WEBHOOK_URL and WEBHOOK_SECRET go together"),
        ({"WEBHOOK_SECRET": f"whsec_{32 * 'A'}"}, "WEBHOOK_URL and WEBHOOK_SECRET go together"),
        ({"WEBHOOK_SECRET": "planted"}, "WEBHOOK_SECRET is not whsec_ and 24 to 64 bytes in base64"),
        ({"WEBHOOK_SECRET": "whsec_cGxhbnRlZA=="}, "WEBHOOK_SECRET is not whsec_"),
        ({"WEBHOOK_SECRET": 32 * "A"}, "WEBHOOK_SECRET is not whsec_"),
        ({"WEBHOOK_SECRET": f"whsec_{32 * 'A'},"}, "WEBHOOK_SECRET is not whsec_"),
        ({"WEBHOOK_URL": "a.example/hook"}, "WEBHOOK_URL is not https://HOST/PATH"),
        ({"WEBHOOK_URL": "https://u:planted@a.example/"}, "WEBHOOK_URL is not https://HOST/PATH"),
        ({"WEBHOOK_URL": "http://a.example:65536/"}, "WEBHOOK_URL is not https://HOST/PATH"),
        ({"WEBHOOK_URL": "http://a.example:hook/"}, "WEBHOOK_URL is not https://HOST/PATH"),
        ({"WEBHOOK_URL": "ftp://a.example/"}, "WEBHOOK_URL is not https://HOST/PATH"),
        ({"EVENT_DAYS": "0"}, "^EVENT_DAYS is '0', but must be 1 or more.$"),
        ({"API_PORT": "65536"}, "^API_PORT is '65536', but must be 65535 or less.$"),
        ({"LOG_LEVEL": "LOUD"}, "^LOG_LEVEL is 'LOUD', but must be DEBUG, INFO, WARNING or ERROR.$"),
        ({"LOG_FORMAT": "xml"}, "^LOG_FORMAT is 'xml', but must be auto, human or json.$"),
        ({"DISPATCH_WINDOW": "0"}, "^DISPATCH_WINDOW is '0', but must be more than 0.$"),
        (
            {"PACE_SECONDS": "0,5"},
            "^PACE_SECONDS is '0,5', but must be a number with a point and without a unit, such as 0.5.$",
        ),
        ({"PACE_SECONDS": "lent"}, "^PACE_SECONDS is 'lent', but must be a number .*, such as 1.$"),
        ({"IMPORT_CONFIRM_DOLLARS": "100 $"}, "^IMPORT_CONFIRM_DOLLARS is '100 .', but .*, such as 100.$"),
        ({"IMPORT_CONFIRM_DOLLARS": "1 000,50"}, "^IMPORT_CONFIRM_DOLLARS is .*, such as 1000.50.$"),
        (
            {"DAILY_CONSULTATION_LIMIT": "40 par jour"},
            "^DAILY_CONSULTATION_LIMIT is '40 par jour', but must be a whole number without a unit, such as 40.$",
        ),
        ({"DAILY_CONSULTATION_LIMIT": "0,5"}, "^DAILY_CONSULTATION_LIMIT is '0,5', .* whole number .*, such as 100.$"),
        ({"METRICS_PORT": "oui"}, "^METRICS_PORT is 'oui', but must be a whole number without a unit, such as 1.$"),
        ({"HEADLESS": "oui"}, "^HEADLESS is 'oui', but must be true or false.$"),
        (
            {"REGISTRY_BASE_URL": "www.a.example/x"},
            "^REGISTRY_BASE_URL is 'www.a.example/x', but must begin with https://: write https://www.a.example/x.$",
        ),
        ({"REGISTRY_BASE_URL": "htp://a.example"}, "^REGISTRY_BASE_URL is not https://HOST or http://HOST:PORT"),
        ({"REGISTRY_BASE_URL": "https://u:planted@a.example"}, "^REGISTRY_BASE_URL is not https://HOST"),
    ],
)
def test_bad_settings_are_refused_with_a_sentence(
    changes: dict[str, str], sentence: str, environment: pytest.MonkeyPatch
) -> None:
    for name, value in changes.items():
        environment.setenv(name, value)

    with pytest.raises(ConfigurationError, match=sentence):
        load_settings()


@pytest.mark.parametrize("url", ["http://10.0.0.7:8080/hook?token=a&b=c", "http://[::1]/", "https://bureau.example"])
def test_receiver_of_webhooks_may_be_anywhere(url: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("WEBHOOK_URL", url)
    environment.setenv("WEBHOOK_SECRET", f"whsec_{32 * 'A'}, whsec_{40 * 'B'}==")

    assert load_settings().webhook_url is not None


def test_secrets_are_in_no_representation(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgresql://u:planted-secret@localhost/x")

    assert "planted-secret" not in f"{load_settings()!r} {load_settings().model_dump()}"


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgresql://user:pl@nted@localhost/x"),
        ("DATABASE_URL", "postgresql://user:pl/nted@localhost/x"),
        ("DATABASE_URL", "postgresql://user:12/nted@localhost/x"),
        ("DATABASE_URL", "postgresql://user:pl?nted@localhost/x"),
        ("DATABASE_URL", "postgresql://user:pl#nted@localhost/x"),
        ("DATABASE_URL", "postgresql://user:pl[nted@localhost/x"),
        ("DATABASE_URL", "postgresql://user:pl%nted@localhost/x"),
        ("DATABASE_URL", "postgresql://user:pl nted@localhost/x"),
        ("DATABASE_URL", "postgresql://user:planted/x"),
        ("DATABASE_URL", "postgresqll://user:planted@localhost/x"),
        ("DATABASE_URL", "host=localhost password=planted"),
        ("REDIS_URL", "redis://:pl@nted@localhost/0"),
        ("REDIS_URL", "redis://:pl#nted@localhost/0"),
        ("REDIS_URL", "redis://:pl[nted@localhost/0"),
        ("REDIS_URL", "redi://:planted@localhost/0"),
    ],
)
def test_address_that_libraries_would_quote_is_refused_and_never_quoted(
    name: str, url: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(name, url)

    with pytest.raises(ConfigurationError, match=rf"^{name} (is not|begins with) \w+://") as refused:
        load_settings()

    assert "nted" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgres://user:pl%40nt%25ed@db.project.supabase.co:5432/postgres?sslmode=require"),
        ("DATABASE_URL", "postgresql://postgres.project:a:b^é|c@one:5432,two:5433/postgres"),
        ("DATABASE_URL", "postgresql://user:planted@[::1]:5432/postgres"),
        ("DATABASE_URL", "postgresql:///postgres?host=/var/run/postgresql"),
        ("REDIS_URL", "rediss://:planted@redis.internal:6380/0?ssl_cert_reqs=none"),
    ],
)
def test_address_in_any_good_form_is_taken(name: str, url: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv(name, url)

    assert getattr(load_settings(), name.lower()).get_secret_value() == url


def test_forgotten_secrets_are_in_no_environment_of_a_child(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SUPABASE_URL", "https://a.example")
    environment.setenv("supabase_service_key", "planted")
    environment.setenv("STORAGE_DIR", "")
    settings = load_settings()

    forget_secrets()

    assert {"DATABASE_URL", "REDIS_URL", "supabase_service_key"}.isdisjoint(os.environ)
    assert os.environ["SUPABASE_URL"] == settings.supabase_url
    assert load_settings() is settings
