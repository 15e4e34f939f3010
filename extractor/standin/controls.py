"""The names of the forms' controls, and the other names they get when the layout changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final, Literal, get_args

Control = Literal[
    "selCircnFoncr",
    "selCadst",
    "selDesgnSecnd",
    "selTypeDocmn",
    "txtNumrtLot",
    "txtNoReqst",
    "btnSoumt",
    "btnRechr",
    "btnConfr",
]
"""Controls that a layout change may rename."""

Rename = Callable[[str], str]
"""A control's canonical name -> the name (and id) that this page gives it."""

_CANONICAL: Final = {f"{name}V2": name for name in get_args(Control)}


def renaming(renamed: bool | Collection[str]) -> Rename:
    """Build the renaming of one page: nothing, everything, or only the controls named."""

    def rename(name: str) -> str:
        affected = renamed if isinstance(renamed, bool) else name in renamed
        return f"{name}V2" if affected else name

    return rename


def canonical(fields: Mapping[str, str]) -> dict[str, str]:
    """Give posted fields their original names, whichever page they came from."""
    return {_CANONICAL.get(name, name): value for name, value in fields.items()}
