"""A PDF that says that the document could not be made: the registry's error, in the shape of a document. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractor.documents.folding import fold

# A document says more than this, or, as a scan, nothing at all.
MOST_LETTERS = 400
_SAYS_SO = re.compile(
    r"\bN'(?:A|ONT) (?:PAS )?PU ETRE\b|\bNE (?:PEUT|PEUVENT) (?:PAS )?ETRE (?:PRODUIT|AFFICHE|GENERE|OBTENU)"
    r"|\bIMPOSSIBLE D(?:E|')|\bN'(?:EST|ETAIT) PAS DISPONIBLE|\b(?:IN|NON )DISPONIBLE\b|\bUNE ERREUR\b"
    r"|\bERREUR (?:SYSTEME|TECHNIQUE|INTERNE|INATTENDUE)\b|\b(?:REESSAYER|REESSAYEZ|ESSAYER DE NOUVEAU)\b"
)


def error_said(texts: Sequence[str]) -> str | None:
    """The whole text of such a PDF; None for any other, also for one that has much else to say."""
    text = fold(" ".join(texts))
    is_short = sum(sign.isalpha() for sign in text) <= MOST_LETTERS
    return " ".join(" ".join(texts).split()) if is_short and _SAYS_SO.search(text) else None
