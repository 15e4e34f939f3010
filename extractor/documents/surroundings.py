"""Whether a label or a number is the document's own: what stands before it on its line, and the line above. Pure.

A document states what it is on a line that begins with the label. Inside a sentence, or under the heading of another
thing, the same words speak of another document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# A longer line without a colon is a sentence, or a title that cannot be told from one.
_MOST_WORDS_OF_A_TITLE = 6
_MOST_WORDS_OF_A_HEADING = 3
# Page texts are read as they come, and the documents' own numbers stand at the top.
_LINES_OF_A_HEAD = 7
# No field stands farther from the beginning of its line.
_LONGEST_BEFORE = 200

_BULLET = re.compile(r"(?:\d{1,2}[.)])?[^\w(\"]*")
# The registry's own fields and titles: another field may follow on the same line.
_FIELD = re.compile(
    r"(?:REGISTRE FONCIER|INDEX DES IMMEUBLES|PLAN\b|PAGE\b|CADASTRE\b|CIRC(?:ONSCRIPTION|\.)|DATE\b|DHM\b|TYPE\b|"
    r"NATURE\b|RANG\b|DESIGNATION\b|NUMERO\b|NO\b|N°)"
)
# Another document, lot or place than this one, or the end of a right.
_ANOTHER = (
    r"(?:ANCIEN(?:S|NES?)?|ANTERIEUR[ES]*|PRECEDENTE?S?|AUTRES?|NOUV(?:EAU|EL)[A-Z]*|ORIGIN[A-Z]+|PROVENANCE|"
    r"CONCORDANCES?|VOISIN[ES]*|ADJACENT[ES]*|CONTIGU[ES]*|REMPLAC[A-Z]+|RADIE[ES]*|VISE[ES]*|QUITTANCEES?|TITRES?|"
    r"VOIR|REFERENCES?|CREE[ES]*|ISSUE?S?)"
)
# How a sentence quotes a number.
_QUOTE = r"(?:SOUS|PUBLIE[ES]*|INSCRIT[ES]*|ENREGISTRE[ES]*|PORTANT|AYANT|CERTIFI(?:E|ONS))"
_SPEAKS_OF_ANOTHER = re.compile(rf"\b{_ANOTHER}\b")
_QUOTES = re.compile(rf"\b(?:{_ANOTHER}|{_QUOTE})\b")
_LEADS_ON = re.compile(rf"\b(?:{_ANOTHER}|{_QUOTE}|D[EU]|DES|LES?|AUX?|UN|DITS?|PARTIE|SUR|D'|AVEC|POUR)[ :-]*$")
# What else is numbered: `Dossier` or `Minute`, and then `Numéro : 4512`.
_OTHER_THING = re.compile(
    r"\b(?:MINUTES?|DOSSIER|CLIENT|CIVIQUE|FACTURE|RECU|COMMANDE|DEMANDE|COMPTE|PERMIS|MATRICULE|TELEPHONE|GREFFE|PAGE|"
    r"REPERTOIRE)[ :]*$"
)
_NUMBER = re.compile(r"\d+(?: \d{3})*")
_SIGN = r"(?:LOT |NO\.? ?|N° ?|# ?|NUMERO )?"
_LONE_NUMBER = re.compile(rf"^{_SIGN}T? ?(\d[\d -]*[A-Z]?)\.?$", re.MULTILINE)


def begins_line(text: str, position: int) -> bool:
    """Whether only a bullet stands before a position on its line."""
    return _BULLET.fullmatch(_line_before(text, position)) is not None


def follows_field(text: str, position: int) -> bool:
    """Whether the registry's own fields stand before it, and no word that makes it another's: `Plan : 12 Lot : 227`."""
    before = _line_before(text, position)
    return len(before) <= _LONGEST_BEFORE and _FIELD.match(before) is not None and not _LEADS_ON.search(before)


def is_under_other_heading(text: str, position: int) -> bool:
    """Whether the line above is a short heading of another thing: `Concordance`, `Titre du vendeur`."""
    above = _line_above(text, position)
    is_short = len(above.split()) <= _MOST_WORDS_OF_A_HEADING and not re.search(r"\d|:.", above)
    return is_short and _SPEAKS_OF_ANOTHER.search(above) is not None


def numbers_other_thing(text: str, position: int) -> bool:
    """Whether the line above says what is numbered here, and it is no document: `Dossier`, `Minute`."""
    return _OTHER_THING.search(_line_above(text, position)) is not None


def is_in_sentence(text: str, position: int) -> bool:
    """Whether the line above may go on in this one."""
    above = _line_above(text, position)
    return ":" not in above and not above.endswith(".") and len(above.split()) > _MOST_WORDS_OF_A_TITLE


def has_own_line(text: str, number: str) -> bool:
    """Whether a number has a line to itself that no other line leads to."""
    return bool(_own_lines(text, number))


def heads_a_page(pages: Sequence[str], number: str, *, t_first: bool = False) -> bool:
    """Whether a number has a line to itself at the top of a page, and no other number as long as it is there.

    Such a number inside a sentence below is no rival: the text quotes it.
    """
    heads = ["\n".join(page.splitlines()[:_LINES_OF_A_HEAD]) for page in pages]
    digits = _digits(number)
    for head in heads:
        for start in _own_lines(head, number, t_first=t_first)[:1]:
            rivals = (*_NUMBER.findall(head[:start]), *_LONE_NUMBER.findall(head))
            return not any(len(_digits(rival)) == len(digits) and _digits(rival) != digits for rival in rivals)
    return False


def _is_led_to(text: str, position: int) -> bool:
    above = _line_above(text, position)
    is_quoted = _QUOTES.search(above) is not None or above.endswith((",", ":"))
    return is_quoted or numbers_other_thing(text, position) or is_in_sentence(text, position)


def _own_lines(text: str, number: str, *, t_first: bool = False) -> list[int]:
    """Where the lines begin that hold the number only and that no other line leads to."""
    mark, digits = "(?:T ?)?" if t_first else "", " ?".join(map(re.escape, number))
    lone = re.compile(rf"^{_SIGN}{mark}{digits}\.?$", re.MULTILINE)
    return [line.start() for line in lone.finditer(text) if not _is_led_to(text, line.start())]


def _digits(number: str) -> str:
    return "".join(filter(str.isdigit, number))


def _line_above(text: str, position: int) -> str:
    """The line above the one of a position, or its end; "" at the top."""
    end = max(text.rfind("\n", 0, position), 0)
    earliest = max(0, end - _LONGEST_BEFORE)
    return text[max(earliest, text.rfind("\n", earliest, end) + 1) : end]


def _line_before(text: str, position: int) -> str:
    """At most `_LONGEST_BEFORE` characters and one: then nothing that stands there begins the line."""
    earliest = max(0, position - _LONGEST_BEFORE - 1)
    return text[max(earliest, text.rfind("\n", earliest, position) + 1) : position]
