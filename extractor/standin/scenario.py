"""Which variants are played when: for the whole run, by rule for some requests, or drawn at random."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Final, Self, get_args

from pydantic import BaseModel, ConfigDict, model_validator

from extractor.standin.demand import Source, compact
from extractor.standin.kinds import FileFault, LinkFault, Waiting
from extractor.standin.variants import Variants

# A client that asks again gets a whole file in the end, or can read this one. Not among them: those that only a person
# can judge, and those whose outcome depends on the patience of the reader.
_PASSING_FAULTS: Final[tuple[FileFault, ...]] = (
    *get_args(LinkFault),
    *("cut", "stall", "length_too_long", "type_html", "type_octet_stream", "whole_206", "whole_500", "gzip_cut"),
    *("html", "half", "empty", "update_cut", "junk_before", "html_behind", "zeros_behind"),
    *("broken_xref", "open_encryption"),
)

# Only what a sound client handles without a person and without paying twice. Set the rest by
# name. Repeated values are weights: a session that always dies proves only that it dies.
DRAWS: Final[dict[str, tuple[object, ...]]] = {
    "entry": ("link", "area", "image", "other_url"),
    "expired": ("redirect", "login_page", "message"),
    "expire_at": (*(None,) * 24, "form", "postback", "submit", "confirm", "document", "download"),
    "document_belongs_to": ("account",),  # else a session that dies after the click takes its document along
    "cadastre_select": ("filled_after", "absent_until", "empty_until", "filled_before"),
    "none_value": ("A", "000000"),
    "redirects": (1, 2, 4),
    "acte_postback": (True, False),
    "plan_order": ("newest_first", "oldest_first", "shuffled"),
    "plan_confirmation": (True, False),
    "inactive_where": ("selection", "confirmation", "own_page", "same_form_page"),
    "waiting": get_args(Waiting),
    "every_document_waits": (False, False, False, True),
    "save_link": ("menu", "top"),
    "delivery": ("attachment", "inline", "new_window", "intermediate_page"),
    "file_fault": (*(None,) * 2 * len(_PASSING_FAULTS), *_PASSING_FAULTS),
    "file_fault_times": (1, 2),
    "down_seconds": (*(0,) * 15, 1),
    "encoding": ("utf-8", "iso-8859-1"),
    "slow_pages_ms": (0, 0, 0, 250),
    "error_status": (*(None,) * 18, 500, 503),
}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What is known about a request when its page is served; the number is known from the submit on."""

    account: str = ""
    source: Source | None = None
    number: str = ""
    login: int = 0
    visit: int = 0


@dataclass(frozen=True)
class Played:
    """The variants of one request; `origin` names who chose them, so that "once" is once per origin."""

    variants: Variants
    origin: str


class Rule(BaseModel):
    """Variants for the requests that match; a condition left out matches everything."""

    model_config = ConfigDict(frozen=True, extra="allow")

    source: Source | None = None
    number: str | None = None
    account: str | None = None

    @model_validator(mode="after")
    def _check_fields(self) -> Self:
        Variants.model_validate(self.model_extra)
        return self

    @property
    def changes(self) -> dict[str, Any]:
        """The variants that this rule sets, validated."""
        chosen = Variants.model_validate(self.model_extra)
        return {name: getattr(chosen, name) for name in chosen.model_fields_set}

    def matches(self, moment: Moment) -> bool:
        """Tell whether the rule speaks about this request."""
        return (
            self.source in (None, moment.source)
            and self.account in (None, moment.account)
            and (self.number is None or compact(self.number) == moment.number)
        )


class Scenario(Variants):
    """The variants of a run, its rules (the last that matches wins) and its dice."""

    rules: tuple[Rule, ...] = ()
    random: bool = False
    """Draw every field of `DRAWS` that is not set, once per login and per fresh form."""
    seed: int = 0

    def play(self, moment: Moment) -> Played:
        """Decide what this request gets."""
        changes, origin = self._draw(moment)
        for position, rule in enumerate(self.rules):
            if rule.matches(moment):
                changes.update(rule.changes)
                origin += f", rule {position}"
        return Played(self.model_copy(update=changes), origin)

    def _draw(self, moment: Moment) -> tuple[dict[str, Any], str]:
        if not self.random:
            return {}, "run"
        origin = f"draw {self.seed}/{moment.account}/{moment.login}/{moment.visit}"
        dice = random.Random(origin)  # noqa: S311 - reproducible on purpose
        drawn = {name: dice.choice(values) for name, values in DRAWS.items()}
        return {name: value for name, value in drawn.items() if name not in self.model_fields_set}, origin
