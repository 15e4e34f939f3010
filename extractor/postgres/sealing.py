"""Sealed passwords: what `worker_accounts.password` holds at rest, `sealed:v1:KEY:…`, and the keys that open it.

A seal is Fernet (AES-128-CBC with HMAC-SHA256). KEY names the key without telling anything of it, so that a worker
knows, before it takes an account, whether it can open its password.
"""

from __future__ import annotations

import hashlib
from typing import Self

from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr

from extractor.errors import PasswordSealed
from extractor.language.sentences import Sentence
from extractor.settings import Settings

PREFIX = "sealed:v1:"
NEW_KEY = "make a key with `extractor accounts new-key` and write it into .env as ACCOUNTS_KEY"
SEAL_ALL = f"{NEW_KEY}, then run `extractor accounts seal`"


class Keyring:
    """The keys of ACCOUNTS_KEY: the first seals, all of them open. Without any, passwords stay as they are."""

    def __init__(self, *keys: SecretStr) -> None:
        self._keys = {_name(key): Fernet(key.get_secret_value()) for key in keys}

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The keys of the settings."""
        given = settings.accounts_key.get_secret_value() if settings.accounts_key else ""
        return cls(*(SecretStr(key.strip()) for key in given.split(",") if key.strip()))

    def __bool__(self) -> bool:
        return bool(self._keys)

    @property
    def openable(self) -> list[str]:
        """How a password begins that some key here seals."""
        return [f"{PREFIX}{name}:" for name in self._keys]

    def needs_sealing(self, stored: str) -> bool:
        """Whether there is a key, and this is not what the first one seals."""
        return bool(self._keys) and not stored.startswith(self.openable[0])

    def seal(self, password: SecretStr) -> str:
        """The text to store: sealed by the first key, or the plain password where there is none."""
        if not self._keys:
            return password.get_secret_value()
        name, key = next(iter(self._keys.items()))
        return f"{PREFIX}{name}:{key.encrypt(password.get_secret_value().encode()).decode()}"

    def open(self, stored: str) -> SecretStr:
        """The password of a stored text, plain or sealed; raises PasswordSealed."""
        if not is_sealed(stored):
            return SecretStr(stored)
        name, _, token = stored.removeprefix(PREFIX).partition(":")
        if name not in self._keys:
            raise PasswordSealed(missing_key())
        try:
            return SecretStr(self._keys[name].decrypt(token.encode()).decode())
        except InvalidToken:  # nothing of it is worth showing
            raise PasswordSealed(
                Sentence("The sealed password is damaged: write the password again with `extractor accounts password`.")
            ) from None


def is_sealed(stored: str) -> bool:
    """Whether this is a seal and not a password."""
    return stored.startswith("sealed:")  # whatever its version: a later program's seal is no password either


def missing_key() -> Sentence:
    """The sentence for a password whose key is not at hand; an account's `last_error` shows it."""
    return Sentence(
        "The password is sealed with a key that ACCOUNTS_KEY does not hold: add that key, or write the password again"
        " with `extractor accounts password`."
    )


def new_key() -> SecretStr:
    """A line for ACCOUNTS_KEY; nothing else keeps it, and without it nobody opens what it seals."""
    return SecretStr(Fernet.generate_key().decode())


def _name(key: SecretStr) -> str:
    """Eight letters of a hash: enough to tell keys apart, nothing to find one by."""
    return hashlib.sha256(b"accounts-key:" + key.get_secret_value().encode()).hexdigest()[:8]
