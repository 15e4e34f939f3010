"""Wrong settings die with a sentence before any work begins."""

from __future__ import annotations

import pytest

from extractor.errors import ConfigurationError
from extractor.settings import Settings, load_settings

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


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL is required."),
        ({"STORAGE_DIR": ""}, "Say where documents go"),
        ({"SUPABASE_URL": "https://a.example"}, "SUPABASE_URL and SUPABASE_SERVICE_KEY go together"),
        ({"SUPABASE_URL": "https://a.example", "SUPABASE_SERVICE_KEY": "k"}, "exactly one of the two"),
        ({"LEASE_SECONDS": "15"}, "LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS"),
        ({"JOB_TIMEOUT_SECONDS": "300"}, "JOB_TIMEOUT_SECONDS must exceed DOCUMENT_TIMEOUT_SECONDS"),
        ({"DISPATCH_WINDOW": "0"}, "DISPATCH_WINDOW Input should be greater than 0"),
    ],
)
def test_bad_settings_are_refused_with_a_sentence(
    changes: dict[str, str], sentence: str, environment: pytest.MonkeyPatch
) -> None:
    for name, value in changes.items():
        environment.setenv(name, value)

    with pytest.raises(ConfigurationError, match=sentence):
        load_settings()


def test_secrets_are_in_no_representation(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgresql://u:planted-secret@localhost/x")

    assert "planted-secret" not in f"{load_settings()!r} {load_settings().model_dump()}"
