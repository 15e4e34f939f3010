"""Every check of the doctor, in order."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.doctor import money, postgres, services, site
from extractor.doctor.check import Check, Finding, examine_in_order

CHECKS = (
    Check("database", postgres.examine_server, postgres.CONNECTION_REMEDIES),
    Check("migrations", postgres.examine_migrations, postgres.QUERY_REMEDIES, needs=("database",)),
    Check("listen", postgres.examine_listen, postgres.QUERY_REMEDIES, needs=("database",)),
    Check("broker", services.examine_broker, services.BROKER_REMEDIES),
    Check("storage", services.examine_storage, services.STORAGE_REMEDIES),
    Check("browser", site.examine_browser, site.BROWSER_REMEDIES),
    Check("accounts", postgres.examine_accounts, postgres.QUERY_REMEDIES, needs=("migrations",)),
    Check("money", money.examine_limits, {}),
    Check("site map", site.examine_site_map, site.SITE_MAP_REMEDIES),
    Check("entry page", site.examine_entry_page, site.PAGE_REMEDIES, needs=("browser", "site map")),
    Check("login page", site.examine_login_page, site.PAGE_REMEDIES, needs=("browser", "site map")),
)
LOGIN = Check("login", site.examine_login, site.LOGIN_REMEDIES, needs=("accounts", "login page"))


def examine(*, login: bool = False) -> Iterator[Finding]:
    """Yield one finding per part; `login` adds the one check that logs in, once."""
    return examine_in_order((*CHECKS, LOGIN) if login else CHECKS)
