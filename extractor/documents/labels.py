"""What a document's text says of itself: its labels and their values. `identity.py` compares them. Pure.

All of it reads text as `fold` leaves it: capitals without accents, one blank between words, lines kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractor.documents.folding import tight
from extractor.documents.surroundings import (
    begins_line,
    follows_field,
    is_in_sentence,
    is_under_other_heading,
    numbers_other_thing,
)
from extractor.documents.values import INSCRIPTION, LOT, UNCLEAR, Shape, read, read_to_end

_NO = r"(?:NUMERO|NUM\.?|NO\.?|N°|#)"
# An address may stand there too, so only a renovated lot counts.
_IMMEUBLE = r"IMMEUBLE(?= ?:\s?(?:\d \d{3} \d{3}|\d{7})(?! ?\d))"

_LOT_LABEL = re.compile(
    rf"(?<![A-Z])(?:(?:INDEX(?: DES IMMEUBLES)?|FICHE(?: IMMOBILIERE)?|PLAN(?: CADASTRAL)?) DU )?"
    rf"(?:{_NO} ?(?:D[EU] )?)?(?P<lots>LOTS?(?: ?\(S\))?|{_IMMEUBLE})(?: (?:CONCERNE|VISE|DEMANDE)E?S?)?"
    rf"(?:(?: ?{_NO})? ?(?P<colon>[:;=])| ?{_NO}| ?-|\.|(?= \d)|$)",
    re.MULTILINE,
)
_MORE_LOTS = re.compile(r" ?(?:,|;|&|\bET\b)\s?(?:LOT )?| (?=\d \d{3} \d{3}(?!\d))")
_LOTS_BELOW = re.compile(r"(?:\n\d[\d -]*[A-Z]?(?=\n|$))+")
# A lot's list and what is said of it: its line, and rarely the next.
_REACH = 120
_REPLACED = re.compile(r"\bREMPLACE[ES]* PAR(?: LES? LOTS?)?\b")
_INDEX_TITLE = re.compile(r"\bCADASTRE DU QUEBEC[ ,;:]{1,3}\n?(?:LOT )?(\d \d{3} \d{3}|\d{7})(?! ?\d)")

_PUBLISHED = r"(?:INSCRIPTION|ENREGISTREMENT|PUBLICATION)"
_INSCRIPTION_LABEL = re.compile(
    rf"(?<![A-Z])(?:{_NO}\s?(?:DE L' ?|DE |D'? ?)?{_PUBLISHED}(?: ?{_NO}(?![A-Z]))?|"
    rf"{_PUBLISHED}(?: ?{_NO}(?![A-Z])|(?= ?:)))(?:\s?(?P<colon>[:;=])| ?-|(?=\s))"
)
_CERTIFICATE = re.compile(
    rf"\bCERTIFI(?:E|ONS) QUE (?:LA|CETTE)(?: PRESENTE)? REQUISITION\b[^:]{{0,400}}?\bSOUS LE {_NO}\s:?\s?(?=[\dT])"
)
_BARE_LABEL = re.compile(r"^NUMERO ?:\s*(?=[\dT])", re.MULTILINE)
_ANY_LABEL = re.compile(r" ?[A-Z][A-Z' ]{1,40}:")
_OF_A_THING = re.compile(r"\n? ?D[EU]S? ")

_TYPE_LABEL = re.compile(r"^(?:TYPE|NATURE)(?: D[EU] DOCUMENT| DE L'ACTE| D'ACTE)? ?:\s*(.+)$", re.MULTILINE)
_RADIATION_TITLE = re.compile(r"(?:REQUISITION (?:D'INSCRIPTION )?(?:D'UNE |DE )?)?RADIATION(?: [A-Z']+){0,3}")
_TITLE_LINES = 12
NEXT_LABEL = re.compile(
    rf"\s?(?:\b(?:CADASTRE(?: OFFICIEL)?|LOTS?(?: ?\(S\))?|CIRC(?:ONSCRIPTION|\.)(?: FONCIERE)?|"
    rf"DESIGNATION(?: SECONDAIRE)?|DATE[A-Z' ]*|PLAN|CONCORDANCES?|RANG|{_NO}[A-Z' ]*) ?:|\bLOT \d).*$"
)


def is_own(text: str, label: re.Match[str]) -> bool:
    """Whether a label is the document's own. Without a colon, only one that has its line to itself can be."""
    if is_under_other_heading(text, label.start()):
        return False
    if begins_line(text, label.start()):
        return label["colon"] is not None or not is_in_sentence(text, label.start())
    return label["colon"] is not None and follows_field(text, label.start())


def lots(text: str, wanted: str) -> Iterator[tuple[str, ...]]:
    """The lots of each own label `Lot :`, in order; what may be read as `wanted` is read so."""
    for label in _LOT_LABEL.finditer(text):
        if is_own(text, label) and (listed := tuple(_listed(text, label, wanted))):
            yield listed


def are_replaced_by(text: str, wanted: str) -> bool:
    """Whether a plan says behind a label that its lots are `remplacés par` the wanted one."""
    for label in _LOT_LABEL.finditer(text):
        replaced = _REPLACED.search(text, label.end(), label.end() + _REACH)
        if replaced and read(text, replaced.end(), wanted, LOT) == wanted:
            return True
    return False


def titled_lots(text: str) -> list[str]:
    """The lots of an index that bears no label: `Cadastre du Québec 2 784 195`."""
    return [tight(number) for number in _INDEX_TITLE.findall(text)]


def certified(text: str, wanted: str) -> Iterator[str]:
    """The number in the registrar's own sentence: `Je certifie que la réquisition … sous le numéro 25 616 321`.

    A notary certifies too, but not a réquisition, and names the number of another deed.
    """
    for sentence in _CERTIFICATE.finditer(text):
        yield read(text, sentence.end(), wanted, INSCRIPTION) or UNCLEAR


def inscriptions(text: str, wanted: str) -> Iterator[str]:
    """The numbers of the own labels `Numéro d'inscription :`."""
    for label in _INSCRIPTION_LABEL.finditer(text):
        if is_own(text, label):
            number, end = read_to_end(text, label.end(), wanted, INSCRIPTION)
            number = number or _unread(text, label, r"\d")
            if number and (label["colon"] or _ends_line(text, end)):
                yield number


def bare_numbers(text: str, wanted: str, shape: Shape) -> Iterator[str]:
    """The values of lines that say `Numéro : …` and nothing else, and not of a minute, a file or a client."""
    for label in _BARE_LABEL.finditer(text):
        number, end = read_to_end(text, label.end(), wanted, shape)
        is_alone = text[end : end + 1] in ("", "\n") and not _OF_A_THING.match(text, end)
        is_other = is_under_other_heading(text, label.start()) or numbers_other_thing(text, label.start())
        if number and is_alone and not is_other:
            yield number


def says_type(text: str) -> str | None:
    """What the label `Type :` or `Nature :` says, or a title that can only be a radiation's."""
    label = _TYPE_LABEL.search(text)
    if label and (said := NEXT_LABEL.sub("", label[1])):
        return said
    titles = text.splitlines()[:_TITLE_LINES]
    return "RADIATION" if any(_RADIATION_TITLE.fullmatch(line) for line in titles) else None


def _listed(text: str, label: re.Match[str], wanted: str) -> Iterator[str]:
    """The lots at a label, separated by commas or `et`; UNCLEAR for those that may be the list or a drawing below."""
    at: int | None = label.end()
    while at is not None:
        number, end = read_to_end(text, at, wanted, LOT)
        number = number or _unread(text, label, r"\w")
        if number is None or not (label["colon"] or _ends_line(text, end)):
            return
        yield number
        more = _MORE_LOTS.match(text, end)
        at = more.end() if more else None
    below = _LOTS_BELOW.match(text, end)
    if below and label["lots"] != "LOT" and wanted in map(tight, below[0].splitlines()):
        yield UNCLEAR


def _unread(text: str, label: re.Match[str], sign: str) -> str | None:
    """UNCLEAR where a label has a value on its line that is no number: `Lot : P-227`."""
    rest = text[label.end() : min(_end_of_line(text, label.end()), label.end() + _REACH)]
    is_value = label["colon"] and re.search(sign, rest) and not _ANY_LABEL.match(rest)
    return UNCLEAR if is_value else None


def _ends_line(text: str, position: int) -> bool:
    """Whether a title's number ends here: the line ends, or goes on with a place, a date or a page."""
    rest = text[position : _end_of_line(text, position)]
    return (
        re.fullmatch(r"[ .,;(-]*(?:\d[^A-Z]*|(?:DU |AU )?(?:CADASTRE|CIRCONSCRIPTION|RANG|PAGE|DATE)\b.*)?", rest)
        is not None
    )


def _end_of_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end
