"""Whether a document says that it is of another circonscription or cadastre than the requested one. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources

from extractor.documents.labels import NEXT_LABEL, is_own
from extractor.documents.surroundings import is_under_other_heading
from extractor.matching import gazetteer, names
from extractor.matching.choice import Option, match
from extractor.matching.mismatches import AmbiguousMatch, NoMatch
from extractor.matching.readings import CADASTRE_DU_QUEBEC
from extractor.matching.request import Request
from extractor.matching.slips import as_code
from extractor.models import Source

_VALUE = r" ?(?:(?P<colon>[:;=])|$)\s*(?=(?P<value>.{0,200}))"
_LABELS = {
    "cadastre": re.compile(rf"(?<![A-Z])CAD(?:ASTRE(?: OFFICIEL)?|\.){_VALUE}", re.MULTILINE),
    "circonscription": re.compile(rf"(?<![A-Z])CIRC(?:ONSCRIPTION|\.)(?: FONCIERE)?{_VALUE}", re.MULTILINE),
}
# A title: `Cadastre de la paroisse de Saint-Jérôme`, `Cadastre Paroisse de Saint-Jérôme`.
_TITLE = re.compile(r"^CADASTRE(?: OFFICIEL)? [A-Z][A-Z' -]{3,80}$", re.MULTILINE)


def contradictions(text: str, request: Request) -> Iterator[str]:
    """What the labels say of another place. An index is about one, which stands first; a plan also names older ones."""
    wanted = {"circonscription": _name(request.circonscription), "cadastre": _name(request.cadastre)}
    for kind, name in wanted.items():
        stated = [shown for _, shown in sorted(_stated(text, kind, name))]
        decisive = stated[:1] if request.source is Source.INDEX else stated
        if name and decisive and all(_is_other(name, shown, _known(kind)) for shown in decisive):
            yield f"{kind} {decisive[0][0]}"


def leaves_one_open(text: str, request: Request) -> bool:
    """Whether a requested place has a label without a value: it stands elsewhere, as in columns, and is not read."""
    wanted = {"circonscription": request.circonscription, "cadastre": request.cadastre}
    return any(name and ("",) in [shown[:1] for _, shown in _stated(text, kind, "")] for kind, name in wanted.items())


def _name(wanted: str | None) -> str:
    """The name that a row asks for, also by its code. The number of an office names none that a label can deny."""
    code = as_code(wanted or "")
    if code:
        return gazetteer.shipped().codes.get(code, "")
    return "" if (wanted or "").strip().isdecimal() else wanted or ""


def _stated(text: str, kind: str, wanted: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Where each own label stands and what it says: its line, and with the next line, where a name may be cut."""
    for title in _TITLE.finditer(text) if kind == "cadastre" else ():
        # `Cadastre du Québec` stands in a concordance too. It may prove the place, and deny none.
        if _is_quebec(title[0]) <= _is_quebec(wanted) and not is_under_other_heading(text, title.start()):
            yield title.start(), (title[0],)
    for label in _LABELS[kind].finditer(text):
        if is_own(text, label):
            yield label.start(), _value(text, label)


def _value(text: str, label: re.Match[str]) -> tuple[str, ...]:
    value = NEXT_LABEL.sub("", label["value"]).strip(" .;,")
    following, _, _ = text[label.end("value") : label.end("value") + 200].lstrip("\n").partition("\n")
    is_cut = value != label["value"].strip(" .;,") or ":" in following
    return (value,) if is_cut else (value, f"{value} {following}")


def _is_other(wanted: str, shown: Sequence[str], known: frozenset[tuple[str, ...]]) -> bool:
    """Whether a label can only mean another place: a name that exists and does not mean the wanted one.

    A parish, a city or a village is never the Cadastre du Québec, whether it is known or not.
    """
    if any(_means(wanted, name) or _means(name, wanted) for name in shown if name):
        return False
    name = names.parse(shown[0])
    return name.linked in known or (_is_quebec(wanted) and name.kind is not None)


def _is_quebec(cadastre: str) -> bool:
    return names.parse(cadastre).linked == names.parse(CADASTRE_DU_QUEBEC).linked


def _means(wanted: str, shown: str) -> bool:
    try:
        match(wanted, [Option("shown", shown)])
    except AmbiguousMatch:
        return True
    except NoMatch:
        return False
    return True


@lru_cache(maxsize=2)
def _known(kind: str) -> frozenset[tuple[str, ...]]:
    if kind == "cadastre":
        return gazetteer.shipped().linked
    lines = resources.files("extractor.matching").joinpath("circonscriptions.csv").read_text(encoding="utf-8")
    return frozenset(names.parse(row["name"]).linked for row in csv.DictReader(lines.splitlines()))
