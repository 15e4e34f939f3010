"""What a shell offers at Tab: `extractor --install-completion` sets it up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from extractor import reports
from extractor.cli.connection import open_database
from extractor.cli.failures import CommandFailed
from extractor.errors import ConfigurationError, ExtractorError
from extractor.models import Source
from extractor.postgres.viewpoint import Viewpoint
from extractor.settings import load_settings

# Those that statements write; tests/unit/cli/test_completion.py compares all with docs/troubleshoot.md.
OF_STATEMENTS = ("cancelled_late", "poison_row", "worker_lost")
EVERY_SOURCE = "all"


def sources(incomplete: str) -> list[str]:
    return _beginning(incomplete, Source)


def sources_or_all(incomplete: str) -> list[str]:
    return _beginning(incomplete, [*Source, EVERY_SOURCE])


def error_codes(incomplete: str) -> list[str]:
    return _beginning(incomplete, {*(kind.code for kind in _kinds(ExtractorError)), *OF_STATEMENTS})


def accounts(incomplete: str) -> list[str]:
    """The user codes of the table; none where it cannot be asked, since a completion has no place for a sentence."""
    try:
        with open_database() as database:
            found = reports.accounts(database, Viewpoint.of(load_settings()))
    except (ConfigurationError, CommandFailed):
        return []
    return _beginning(incomplete, (account.username for account in found))


def _beginning(incomplete: str, words: Iterable[str]) -> list[str]:
    return sorted(str(word) for word in words if word.startswith(incomplete))


def _kinds(kind: type[ExtractorError]) -> Iterator[type[ExtractorError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)
