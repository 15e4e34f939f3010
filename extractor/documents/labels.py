"""What a document's text says of itself: its labels and their values. `identity.py` compares them. Pure.

All of it reads text as `fold` leaves it: capitals without accents, one blank between words, lines kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_DASHES = dict.fromkeys(map(ord, "\u00ad\u2010\u2011\u2012\u2013\u2014\u2212\ufffe"), "-")
_QUOTES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc`\u00b4"), "'")

# A letter that belongs to a number: `24 A`, but not the first of a word, nor the A of `227 A 230`.
_LETTER = r"(?: ?[A-Z](?![A-Z'.])(?! ?\d))"
LOT = rf"(?:\d{{1,3}}(?: \d{{3}})+(?!\d)|\d+){_LETTER}?(?: ?- ?\d+{_LETTER}?)*"
INSCRIPTION = r"(?:T ?-? ?)?(?:\d{1,3}(?: \d{3})+|\d{4,9})(?!\d)(?! \d{3}(?!\d))"
_NO = r"(?:NUMERO|NUM\.?|NO\.?|N°)"

_LOT_LABEL = re.compile(
    rf"(?<![A-Z])(?:{_NO} ?(?:D[EU] )?)?LOTS?(?: ?\(S\))?(?: (?:CONCERNE|VISE|DEMANDE)E?S?)? ?"
    rf"(?::\s*|$\s)(?:{_NO} )?",
    re.MULTILINE,
)
_MORE_LOTS = re.compile(r" ?(?:,|;|ET|&)\s?(?:LOT )?")
# `Ancien lot : 227`, `concordance du lot : 227`: another lot's label.
_QUALIFIER = re.compile(
    r"\b(?:ANCIENS?|AUTRES?|NOUVEAUX?|D[EU]|DES|LES?|AUX?|UN|DITS?|ORIGINE|CONCORDANCES?|VOISINS?|CONTIGUS?|PARTIE|SUR|"
    r"D'|SOUS|AVEC|PORTANT(?: LE)?|RADIE[RES]*|VISE[ES]*)[ :]*$"
)
_INSCRIPTION_LABEL = re.compile(
    rf"(?<![A-Z]){_NO}\s?(?:DE L'|DE|D')?\s?(?:INSCRIPTION|ENREGISTREMENT|PUBLICATION)(?: ?:\s*|\s)(?:{_NO} )?"
)
_CERTIFICATE = re.compile(rf"\bCERTIFI(?:E|ONS)\b[^:]{{0,400}}?SOUS LE {_NO}\s:?\s?({INSCRIPTION})")
_BARE_LABEL = re.compile(rf"^NUMERO ?:\s*(?P<value>{INSCRIPTION}|{LOT})$(?!\s*D[EU]S? )", re.MULTILINE)
# What else is numbered: `Dossier` or `Minute`, and then `Numéro : 4512`.
_OTHER_NUMBER = re.compile(
    r"\b(?:MINUTES?|DOSSIER|CLIENT|CIVIQUE|FACTURE|RECU|COMMANDE|DEMANDE|COMPTE|REFERENCE|PERMIS|MATRICULE|TELEPHONE|"
    r"GREFFE|PAGE|REPERTOIRE)[ :]*\n?$"
)
_TYPE_LABEL = re.compile(r"^(?:TYPE|NATURE)(?: D[EU] DOCUMENT| DE L'ACTE| D'ACTE)? ?:\s*(.+)$", re.MULTILINE)
_RADIATION_TITLE = re.compile(r"(?:REQUISITION (?:D'INSCRIPTION )?(?:D'UNE |DE )?)?RADIATION(?: [A-Z']+){0,3}")
_TITLE_LINES = 12
_PLACE_LABELS = {
    "cadastre": re.compile(r"(?<![A-Z])CADASTRE(?: OFFICIEL)? ?:\s*(.*)"),
    "circonscription": re.compile(r"(?<![A-Z])CIRCONSCRIPTION(?: FONCIERE)? ?:\s*(.*)"),
}
_NEXT_LABEL = re.compile(
    rf"\s?(?:\b(?:CADASTRE(?: OFFICIEL)?|LOTS?(?: ?\(S\))?|CIRCONSCRIPTION(?: FONCIERE)?|DESIGNATION(?: SECONDAIRE)?|"
    rf"DATE[A-Z' ]*|PLAN|CONCORDANCES?|RANG|{_NO}[A-Z' ]*) ?:|\bLOT \d).*$"
)


def fold(text: str) -> str:
    """Capitals without accents; every kind of blank is one, every kind of dash a hyphen; lines stay lines."""
    plain = unicodedata.normalize("NFKD", text.translate(_QUOTES).translate(_DASHES).replace("º", "°"))
    visible = "".join(char for char in plain if unicodedata.category(char) not in ("Mn", "Cf"))
    lines = (" ".join(line.split()) for line in visible.upper().translate(_QUOTES).splitlines())
    return "\n".join(line for line in lines if line)


def spaced(number: str) -> str:
    """A pattern for a number however it is spaced, and not as a part of another."""
    return " ?".join(map(re.escape, number)) + rf"(?! ?\d)(?! ?- ?\d)(?!{_LETTER})"


def tight(number: str) -> str:
    """A number without any blanks: what a label has behind it is one number, however it is spaced."""
    return "".join(number.split())


def lots(text: str, wanted: str) -> Iterator[tuple[str, ...]]:
    """The lots of each label `Lot :`, in order; what may be read as `wanted` is read so."""
    for label in _LOT_LABEL.finditer(text):
        if not _QUALIFIER.search(_line_before(text, label.start())):
            found = tuple(_listed(text, label.end(), wanted))
            if found:
                yield found


def certified(text: str, wanted: str) -> str | None:
    """The number in the registrar's own sentence: `Je certifie que … a été publiée … sous le numéro 25 616 321`."""
    found = _CERTIFICATE.search(text)
    return _read(text, found.start(1), INSCRIPTION, wanted) if found else None


def inscriptions(text: str, wanted: str) -> Iterator[str]:
    """The numbers of the labels `Numéro d'inscription :`; quotes of other deeds (`sous le numéro …`) are none."""
    for label in _INSCRIPTION_LABEL.finditer(text):
        if not _QUALIFIER.search(_line_before(text, label.start())):
            number = _read(text, label.end(), INSCRIPTION, wanted)
            if number:
                yield number


def bare_numbers(text: str) -> Iterator[str]:
    """The values of lines that say `Numéro : …` and nothing else, and not of a minute, a file or a client."""
    for label in _BARE_LABEL.finditer(text):
        if not _OTHER_NUMBER.search(text[: label.start()]):
            yield tight(label["value"])


def place(text: str, kind: str) -> tuple[str, ...]:
    """The value of the label `Cadastre :` or `Circonscription foncière :`: its line, and with the next line."""
    label = _PLACE_LABELS[kind].search(text)
    if label is None:
        return ()
    value = _NEXT_LABEL.sub("", label[1]).strip(" .;,")
    following, _, _ = text[label.end() :].lstrip("\n").partition("\n")
    is_cut = value != label[1].strip(" .;,") or ":" in following
    return (value,) if is_cut else (value, f"{value} {following}")


def says_type(text: str) -> str | None:
    """What the label `Type :` or `Nature :` says, or a title that can only be a radiation's."""
    label = _TYPE_LABEL.search(text)
    if label:
        return label[1]
    titles = text.splitlines()[:_TITLE_LINES]
    return "RADIATION" if any(_RADIATION_TITLE.fullmatch(line) for line in titles) else None


def _listed(text: str, start: int, wanted: str) -> Iterator[str]:
    """The lots that stand at a place, separated by commas or `et`; nothing when a part or a range is meant."""
    at: int | None = start
    while at is not None:
        found = re.compile(spaced(wanted)).match(text, at) or re.compile(LOT).match(text, at)
        if found is None or re.compile(r" ?(?:P(?:AR)?TIE\b|PTIE\b|A \d|AU \d)").match(text, found.end()):
            return
        yield tight(found[0])
        more = _MORE_LOTS.match(text, found.end())
        at = more.end() if more else None


def _read(text: str, start: int, shape: str, wanted: str) -> str | None:
    found = re.compile(rf"(?:T ?)?{spaced(wanted)}").match(text, start) or re.compile(shape).match(text, start)
    return tight(found[0]).replace("-", "") if found else None


def _line_before(text: str, position: int) -> str:
    return text[text.rfind("\n", 0, position) + 1 : position]
