"""What a form showed and posted, kept so that the next request needs one POST (`REQUESTS=learned`). Pure: no page.

`learned_form.py` reads a form and shows a copy of it, `worker/learning.py` decides, `postgres/learned.py` keeps.
docs/learned.md says what is presumed of the site.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from extractor.matching import Option
from extractor.models import Frozen, Source

# The registry may rename a cadastre at any time: after this time a form is opened again, which reads its lists again.
FRESH = timedelta(days=7)
# A hidden field that changes from page to page is seen in the second submit.
AGREEING = 2
# More ways to write a number than this are no ways but a script that does something else.
MAX_SHAPES = 50


class Slot(StrEnum):
    """What a request puts into a form; every other field is posted as it was seen."""

    CIRCONSCRIPTION = "circonscription"
    CADASTRE = "cadastre"
    DESIGNATION = "designation"
    ACTE_TYPE = "acte_type"
    NUMBER = "number"
    BUTTON = "button"


class Offered(Frozen):
    """One option of a select, as the form showed it."""

    value: str
    text: str


class Field(Frozen):
    """One field of the body; a slot's value is the request's own, but for the button."""

    name: str
    value: str = ""
    slot: Slot | None = None


class FormBody(Frozen):
    """All that a submit of this form posts, but for the request's own values. Addresses are below the site's base."""

    page: str
    action: str
    charset: str
    referrer: Literal["full", "origin", "none"]
    """How much of the page's address the browser sent as Referer."""
    fields: tuple[Field, ...]
    longest: int | None
    """How many characters the number's field takes."""

    @property
    def has_designation(self) -> bool:
        return any(field.slot is Slot.DESIGNATION for field in self.fields)


class Observation(Frozen):
    """One submit of a form: what it showed, and what the browser posted."""

    source: Source
    body: FormBody
    lists: dict[Slot, tuple[Offered, ...]]
    """The options of the selects that the form has."""
    chosen: dict[Slot, str]
    typed: str
    """The number as it was typed; `posted` differs from it in blanks only."""
    posted: str

    @property
    def circonscription(self) -> str:
        return self.chosen.get(Slot.CIRCONSCRIPTION, "")

    @property
    def cadastre(self) -> str:
        return self.chosen.get(Slot.CADASTRE, "")

    @property
    def combination(self) -> str:
        return combination(self.chosen)


class Place(Frozen):
    """What was learned of the form of one circonscription and cadastre."""

    body: FormBody
    agreed: int
    """How many submits for different numbers posted the same body."""
    number: str
    """Of the last of them."""
    lists: dict[Slot, tuple[Offered, ...]]
    """Désignations, or types of acte: the lists that no other place shares."""
    combinations: dict[str, datetime]
    """What was chosen there, and when last."""
    shapes: dict[str, str]
    """How the form's own script writes a number, by `shape_of`: an example."""


@dataclass(frozen=True)
class KnownRequest:
    """One request whose values are all known: it can be sent without its form."""

    source: Source
    body: FormBody
    values: Mapping[Slot, str]


class NotLearned(Exception):
    """Why a form cannot be learned; the message is for `extractor doctor`."""


def own_lists(observation: Observation) -> dict[Slot, tuple[Offered, ...]]:
    """The lists that belong to this place alone: the others are kept once for all places below them."""
    shared = (Slot.CIRCONSCRIPTION, Slot.CADASTRE)
    return {slot: options for slot, options in observation.lists.items() if slot not in shared}


def difference(place: Place, seen: Observation) -> str | None:
    """What this submit contradicts of what was learned; None when both agree."""
    if place.lists != own_lists(seen):
        return "the options of a list changed"
    if place.body == seen.body:
        return None
    if [field.name for field in place.body.fields] != [field.name for field in seen.body.fields]:
        return "the form has other fields than before"
    pairs = zip(place.body.fields, seen.body.fields, strict=True)
    changed = [old.name for old, new in pairs if old != new]
    return f"the field {changed[0]} changes from page to page" if changed else "the form is sent in another way"


def learned(place: Place | None, seen: Observation, now: datetime) -> Place:
    """What is known after one more submit that brought a document; what it contradicts is forgotten."""
    if place is None or difference(place, seen) is not None:
        return Place(
            body=seen.body,
            agreed=1,
            number=seen.typed,
            lists=own_lists(seen),
            combinations={seen.combination: now},
            shapes={shape_of(seen.typed): seen.posted},
        )
    is_new = seen.typed != place.number  # a hidden copy of the number would agree with itself
    shapes = {**place.shapes, shape_of(seen.typed): seen.posted}
    return place.model_copy(
        update={
            "agreed": place.agreed + is_new,
            "number": seen.typed,
            "combinations": {**place.combinations, seen.combination: now},
            "shapes": dict(list(shapes.items())[-MAX_SHAPES:]),
        }
    )


def known_request(
    place: Place, source: Source, chosen: Mapping[Slot, str], number: str, now: datetime
) -> KnownRequest | None:
    """The request as the form would post it; None when any part of it was not seen, or too long ago."""
    seen_at = place.combinations.get(combination(chosen))
    example = place.shapes.get(shape_of(number))
    if place.agreed < AGREEING or seen_at is None or seen_at < now - FRESH or example is None:
        return None
    if place.body.longest is not None and max(len(number), len(example)) > place.body.longest:
        return None
    return KnownRequest(source, place.body, {**chosen, Slot.NUMBER: written_like(example, number)})


def combination(chosen: Mapping[Slot, str]) -> str:
    """What tells two choices of one place apart."""
    return "|".join(chosen.get(slot, "") for slot in (Slot.DESIGNATION, Slot.ACTE_TYPE))


def shape_of(number: str) -> str:
    """`399-184` and `123-456` have one shape: a form's script writes both in the same way."""
    return re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "9", number))


def written_like(example: str, number: str) -> str:
    """The number with the blanks of an example that has its shape: `2784195` like ` 1 234 567` is ` 2 784 195`."""
    letters = iter("".join(number.split()))
    return "".join(letter if letter.isspace() else next(letters) for letter in example)


def as_options(offered: Sequence[Offered]) -> tuple[Option, ...]:
    """A list as the matcher takes it."""
    return tuple(Option(value=one.value, text=one.text) for one in offered)
