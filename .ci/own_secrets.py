"""Secrets that only this product has: a plugin for detect-secrets, which `.ci/secrets` names."""

import re

from detect_secrets.plugins.base import RegexBasedDetector


class SupabaseSecretKey(RegexBasedDetector):
    """A project's secret key; the older kind, a JWT, is known to detect-secrets itself."""

    secret_type = "Supabase secret key"
    denylist = (re.compile(r"sb_secret_[A-Za-z0-9_-]{20,}"),)


class AccountsKey(RegexBasedDetector):
    """A key of ACCOUNTS_KEY: 32 bytes in base64, as `extractor accounts new-key` prints one."""

    secret_type = "ACCOUNTS_KEY"
    denylist = (re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}=(?!=)"),)


class UserCode(RegexBasedDetector):
    """A user code of the registry; invented ones have the form 99X9999."""

    secret_type = "User code of the registry"
    denylist = (re.compile(r"\b(?!99X)\d{2}[A-Z]\d{4}\b"),)
