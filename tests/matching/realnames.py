"""The real names, and the corpus's own simple folding of them, because it must not trust the folding under test."""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache
from importlib import resources

from rapidfuzz import process
from rapidfuzz.distance import OSA

KIND = re.compile(
    r"(?P<kind>Paroisse|Canton|Village|Ville|Cité|Seigneurie|Municipalité|Fief)"
    r"(?P<link> (?:des |du |de |d')?)(?P<rest>.+)"
)
ARTICLES = frozenset({"de", "du", "des", "d", "la", "le", "les", "l", "au", "aux"})
COMMON = ARTICLES | {
    *("saint", "sainte", "nord", "sud", "est", "ouest", "centre", "partie", "premier", "grande", "grosse"),
    *("augmentation", "quartier", "canton", "paroisse", "village", "ville"),
}


def rows(file: str) -> list[dict[str, str]]:
    text = resources.files("extractor.matching").joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def real_words() -> list[str]:
    """Return every word of a name, without kinds and articles."""
    texts = (row["cadastre"] for row in rows("cadastres.csv"))
    words = {word for text in texts for word in re.findall(r"[^\W\d_]{3,}", bare(text) or text)}
    return sorted(words - ARTICLES)


def bare(text: str) -> str | None:
    """Return a name without its kind, None if it has none."""
    found = KIND.fullmatch(text)
    return found["rest"] if found else None


def ascii_only(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


@cache
def plain(text: str) -> str:
    """Fold enough to see that two texts of the corpus are the same name."""
    return " ".join(re.findall(r"\w+", re.sub(r"\bsainte\b", "saint", ascii_only(text).lower())))


def skeleton(text: str) -> str:
    """Fold case and accents and drop the articles; the letters that matter remain."""
    words = re.findall(r"\w+", ascii_only(text).lower())
    return " ".join(word for word in words if word not in ARTICLES)


def core(text: str) -> str:
    """Return what is left of a name without its kind, folded."""
    return skeleton(bare(text) or text)


@cache
def cores() -> tuple[str, ...]:
    """Return the core of every name that exists, also of the circonscriptions."""
    texts = [row["cadastre"] for row in rows("cadastres.csv")] + [row["name"] for row in rows("circonscriptions.csv")]
    return tuple(sorted(set(map(core, texts))))


def edits_to_another(wanted: str, text: str) -> int:
    """Return how many edits the nearest other name is away from a misspelling of `text`, 3 if it is farther."""
    near = process.extract(core(wanted), cores(), scorer=OSA.distance, score_cutoff=2, limit=None)
    return min((edits for other, edits, _ in near if other != core(text)), default=3)


def squeezed(text: str) -> str:
    return "".join(re.findall(r"\w", ascii_only(text).lower()))


def letters(text: str) -> int:
    """Count the letters that are the name's own: no kind, article, Saint or cardinal."""
    words = re.findall(r"[^\W\d_]+", bare(text) or text)
    return sum(len(word) for word in words if word.lower() not in COMMON)
