"""What the registry is asked for: the pure data that forms, lists and document checks share."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.matching.readings import Reading
from extractor.models import Source


@dataclass(frozen=True)
class Request:
    """What a form is asked; a circonscription of None leaves the form's "none" in place."""

    source: Source
    number: str
    circonscription: str | None
    cadastre: str | None = None
    designation: str | None = None
    acte_type: str | None = None

    @classmethod
    def of(cls, source: Source, reading: Reading) -> Request:
        """The request that one reading of a row makes."""
        return cls(
            source=source,
            number=reading.number,
            circonscription=reading.circonscription,
            cadastre=reading.cadastre,
            designation=reading.designation,
            acte_type=reading.acte_type,
        )


def compact(number: str) -> str:
    """A number as numbers are compared: without blanks of any kind, in capitals. A hyphen or a T is part of it."""
    return re.sub(r"\s+", "", number).upper()
