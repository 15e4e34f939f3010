"""Every check in order. The settings come first; a check whose parts have a problem is skipped, none stops the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractor.doctor import postgres, services, site
from extractor.doctor.check import Check, Finding, State, password_of
from extractor.errors import ConfigurationError
from extractor.settings import Settings, load_settings

CHECKS = (
    Check("database", postgres.examine_server, postgres.CONNECTION_REMEDIES),
    Check("migrations", postgres.examine_migrations, postgres.QUERY_REMEDIES, needs=("database",)),
    Check("listen", postgres.examine_listen, postgres.QUERY_REMEDIES, needs=("database",)),
    Check("broker", services.examine_broker, services.BROKER_REMEDIES),
    Check("storage", services.examine_storage, services.STORAGE_REMEDIES),
    Check("browser", site.examine_browser, site.BROWSER_REMEDIES),
    Check("accounts", postgres.examine_accounts, postgres.QUERY_REMEDIES, needs=("migrations",)),
    Check("site map", site.examine_site_map, site.SITE_MAP_REMEDIES),
    Check("entry page", site.examine_entry_page, site.PAGE_REMEDIES, needs=("browser", "site map")),
    Check("login page", site.examine_login_page, site.PAGE_REMEDIES, needs=("browser", "site map")),
)
LOGIN = Check("login", site.examine_login, site.LOGIN_REMEDIES, needs=("accounts", "login page"))


def examine(*, login: bool = False) -> Iterator[Finding]:
    """Yield a finding a part, each as soon as it is known; `login` adds the one check that logs in, once."""
    checks = (*CHECKS, LOGIN) if login else CHECKS
    try:
        settings = load_settings()
    except ConfigurationError as error:
        yield Finding("settings", State.PROBLEM, f"Correct .env or the environment: {' '.join(str(error).split())}")
        yield from (Finding(check.name, State.SKIPPED, "settings first.") for check in checks)
        return
    yield Finding("settings", State.OK, "complete, and nothing contradicts.")
    yield from _run(checks, settings)


def _run(checks: tuple[Check, ...], settings: Settings) -> Iterator[Finding]:
    missing: set[str] = set()
    secrets = _secrets(settings)
    for check in checks:
        lacking = [name for name in check.needs if name in missing]
        if lacking:
            finding = Finding(check.name, State.SKIPPED, f"{' and '.join(lacking)} first.")
        else:
            verdict = check.run(settings)
            finding = Finding(check.name, verdict.state, _masked(verdict.text, secrets))
        if finding.state in (State.PROBLEM, State.SKIPPED):
            missing.add(check.name)
        yield finding


def _secrets(settings: Settings) -> list[str]:
    """The longest first, so that none is cut before it is found."""
    urls = [settings.database_url.get_secret_value(), settings.redis_url.get_secret_value()]
    key = settings.supabase_service_key
    found = [*urls, *map(password_of, urls), key.get_secret_value() if key else None]
    return sorted((secret.strip() for secret in found if secret), key=len, reverse=True)


def _masked(text: str, secrets: list[str]) -> str:
    """The second guard: libraries quote what they were given. Whole words only: a password may be short."""
    for secret in secrets:
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "•••", text)
    return text
