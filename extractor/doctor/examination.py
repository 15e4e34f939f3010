"""Every check of the doctor, in order."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.doctor import (
    database_checks,
    learned_checks,
    money_checks,
    openings,
    service_checks,
    site_checks,
    webhook_checks,
)
from extractor.doctor.check import Check, Finding, examine_in_order

DEPLOYMENT_REMEDIES = {**database_checks.REMEDIES, **service_checks.BROKER_REMEDIES}
CHECKS = (
    Check("database", database_checks.examine_server, database_checks.REMEDIES),
    Check("migrations", database_checks.examine_migrations, database_checks.REMEDIES, needs=("database",)),
    Check("rights", openings.examine_openings, database_checks.REMEDIES, needs=("database",)),
    Check("listen", database_checks.examine_listen, database_checks.REMEDIES, needs=("database",)),
    Check("broker", service_checks.examine_broker, service_checks.BROKER_REMEDIES),
    Check("deployment", service_checks.examine_deployment, DEPLOYMENT_REMEDIES, needs=("migrations", "broker")),
    Check("storage", service_checks.examine_storage, service_checks.STORAGE_REMEDIES),
    Check("browser", site_checks.examine_browser, site_checks.BROWSER_REMEDIES),
    Check("accounts", database_checks.examine_accounts, database_checks.REMEDIES, needs=("migrations",)),
    Check("webhooks", webhook_checks.examine_webhooks, database_checks.REMEDIES, needs=("migrations",)),
    Check("learned", learned_checks.examine_learned, database_checks.REMEDIES, needs=("migrations",)),
    Check("money", money_checks.examine_limits, {}),
    Check("site map", site_checks.examine_site_map, site_checks.SITE_MAP_REMEDIES),
    Check("entry page", site_checks.examine_entry_page, site_checks.PAGE_REMEDIES, needs=("browser", "site map")),
    Check("login page", site_checks.examine_login_page, site_checks.PAGE_REMEDIES, needs=("browser", "site map")),
)
LOGIN = Check("login", site_checks.examine_login, site_checks.LOGIN_REMEDIES, needs=("accounts", "login page"))


def examine(*, login: bool = False) -> Iterator[Finding]:
    """Yield one finding per part; `login` adds the one check that logs in, once."""
    return examine_in_order((*CHECKS, LOGIN) if login else CHECKS)
