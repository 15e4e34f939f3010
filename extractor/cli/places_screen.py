"""`places`: one name on each line, for a person and for grep."""

from __future__ import annotations

from extractor.cli.terminal import note, say
from extractor.reports import KnownPlaces

CODE_WIDTH = 6


def print_places(found: KnownPlaces) -> None:
    """Print the names on stdout, each cadastre behind its code, and on stderr what the list leaves open."""
    if found.circonscription is None:
        for name in found.circonscriptions:
            say(name)
    for cadastre in found.cadastres:
        say(f"{cadastre.code or '':<{CODE_WIDTH}}  {cadastre.name}")
    note(found.note)
