"""The doctor in the test's process, with the settings of its environment."""

from __future__ import annotations

from collections.abc import Callable

from typer.testing import CliRunner, Result

from extractor.cli import app
from extractor.doctor.check import Finding
from extractor.doctor.examination import examine

NAMES = ["settings", "database", "migrations", "rights", "listen", "broker", "deployment", "storage", "browser",
         "accounts", "webhooks", "learned", "money", "site map", "entry page", "login page"]  # fmt: skip

Setter = Callable[..., None]
Only = Callable[..., None]


def findings(*, login: bool = False) -> dict[str, Finding]:
    """The findings by part."""
    return {finding.name: finding for finding in examine(login=login)}


def command(*arguments: str) -> Result:
    """Run `extractor` with these arguments."""
    return CliRunner().invoke(app, arguments)
