"""What a visitor asks the registry for: one document, named by the fields of one form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Source = Literal["acte", "index", "plan_cadastraux"]


@dataclass(frozen=True, kw_only=True)
class Demand:
    """One document asked for, with one field per field of the forms.

    Names are the site's own, and empty when the visitor left the field empty.
    """

    source: Source
    number: str
    circonscription: str = ""
    cadastre: str = ""
    designation: str = ""
    acte_type: str = ""
    plan_date: str = ""

    @property
    def ending(self) -> str:
        """The last three digits of the number, which choose the behaviour."""
        return re.sub(r"\D", "", self.number)[-3:]


def compact(number: str) -> str:
    """Remove every kind of space: the site takes `2 784 195` for `2784195`."""
    return re.sub(r"\s+", "", number).upper()


def spaced(number: str) -> str:
    """Write a number as the site shows it: `2 784 195`, `T 14 454 660`; a divided lot stays as it is."""
    match = re.fullmatch(r"(T?)(\d+)", number)
    if match is None:
        return number
    prefix, digits = match.groups()
    groups = f"{int(digits):,}".replace(",", " ")
    return f"{prefix} {groups}" if prefix else groups


def neighbour(number: str, *, by: int) -> str:
    """Return the number that differs by a few units at its end: `T14454660` -> `T14454661`."""
    match = re.fullmatch(r"(.*?)(\d+)(\D*)", number)
    if match is None:
        return number
    head, digits, tail = match.groups()
    return f"{head}{int(digits) + by:0{len(digits)}}{tail}"
