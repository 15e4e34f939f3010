"""Sealed passwords: what a key opens, what it refuses, and that neither key nor password is ever shown."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from extractor.errors import ConfigurationError, LoginRefused, PasswordSealed
from extractor.postgres.sealing import Keyring, is_sealed, new_key
from extractor.settings import load_settings

PASSWORD = SecretStr("mot de passe, é\u00a0!")
OLD, NEW = new_key(), new_key()


def test_sealed_is_recognised_opens_and_shows_nothing() -> None:
    stored = Keyring(NEW).seal(PASSWORD)

    assert is_sealed(stored)
    assert stored.startswith("sealed:v1:")
    assert Keyring(NEW).open(stored) == PASSWORD
    assert PASSWORD.get_secret_value() not in stored
    assert stored != Keyring(NEW).seal(PASSWORD)  # two accounts with one password do not look alike


def test_plain_passwords_pass_with_and_without_a_key() -> None:
    assert Keyring().seal(PASSWORD) == PASSWORD.get_secret_value()
    assert Keyring().open("plain") == Keyring(NEW).open("plain") == SecretStr("plain")


def test_first_key_seals_and_all_open() -> None:
    stored = Keyring(OLD).seal(PASSWORD)
    rotating = Keyring(NEW, OLD)

    assert rotating.open(stored) == PASSWORD
    assert rotating.needs_sealing(stored)
    assert not rotating.needs_sealing(rotating.seal(PASSWORD))
    assert Keyring(NEW).open(rotating.seal(PASSWORD)) == PASSWORD


@pytest.mark.parametrize("keyring", [Keyring(), Keyring(NEW)])
def test_missing_key_is_an_error_of_its_own(keyring: Keyring) -> None:
    with pytest.raises(PasswordSealed, match="a key that ACCOUNTS_KEY does not hold") as raised:
        keyring.open(Keyring(OLD).seal(PASSWORD))

    assert not isinstance(raised.value, LoginRefused)


@pytest.mark.parametrize("damage", [lambda text: text[:-9], lambda text: text[:-1] + "é", lambda text: text[:19]])
def test_damaged_seal_is_the_same_error_and_quotes_nothing(damage: object) -> None:
    assert callable(damage)
    stored = damage(Keyring(NEW).seal(PASSWORD))

    with pytest.raises(PasswordSealed, match="damaged") as raised:
        Keyring(NEW).open(stored)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_a_later_version_is_no_password() -> None:
    with pytest.raises(PasswordSealed):
        Keyring(NEW).open("sealed:v2:whatever")


def test_keys_are_in_no_representation() -> None:
    assert NEW.get_secret_value() not in f"{Keyring(NEW)!r} {vars(Keyring(NEW))} {NEW!r}"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("ENV_FILE", "")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:planted-secret@localhost/x")
    monkeypatch.setenv("REDIS_URL", "redis://localhost/0")
    monkeypatch.setenv("STORAGE_DIR", "/tmp/x")
    load_settings.cache_clear()
    return monkeypatch


def test_several_keys_come_from_one_setting(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ACCOUNTS_KEY", f"{NEW.get_secret_value()}, {OLD.get_secret_value()}")

    keyring = Keyring.of(load_settings())

    assert keyring.open(Keyring(OLD).seal(PASSWORD)) == PASSWORD
    assert Keyring(NEW).open(keyring.seal(PASSWORD)) == PASSWORD
    load_settings.cache_clear()


def test_no_setting_is_no_key(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ACCOUNTS_KEY", "")

    assert not Keyring.of(load_settings())
    load_settings.cache_clear()


@pytest.mark.parametrize(
    "value", ["planted-key", f"{NEW.get_secret_value()},planted-key", ","], ids=["one", "second", "none"]
)
def test_no_key_is_refused_without_quoting_it(value: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ACCOUNTS_KEY", value)

    with pytest.raises(ConfigurationError, match="ACCOUNTS_KEY holds something that is no key") as raised:
        load_settings()

    # The traceback of a service also shows the cause, which quotes its input unless it is told not to.
    everything = f"{raised.value} {raised.value.__cause__}"
    assert "planted" not in everything
    assert NEW.get_secret_value() not in everything
