"""What the registry is asked for: `readings` makes the requests of a row, `extractor/registry` puts them on a form."""

from __future__ import annotations

from dataclasses import dataclass

from extractor.matching.names import normalise
from extractor.matching.numbers import compact
from extractor.models import Source

AS_ASKED = "as asked"


@dataclass(frozen=True)
class Request:
    """One document of one source; None stands for the form's empty choice. One field per field of the forms."""

    source: Source
    number: str
    circonscription: str | None
    cadastre: str | None = None
    designation: str | None = None
    acte_type: str | None = None
    why: str = AS_ASKED
    """How the row was read, for the person who looks at its attempt."""

    @property
    def is_as_asked(self) -> bool:
        """Whether this is the row as it stands."""
        return self.why == AS_ASKED

    @property
    def identity(self) -> tuple[str, ...]:
        """What is asked, without spelling and reason: equal requests get equal answers."""
        names = (self.circonscription, self.cadastre, self.designation, self.acte_type)
        return (compact(self.number), *(normalise(text or "") for text in names))
