"""The words, folded, that mean something in the name of a cadastre; `names` reads texts with them."""

from __future__ import annotations

LINKS = frozenset({"de", "du", "des", "d", "of"})
ARTICLES = LINKS | {"le", "la", "les", "l", "au", "aux", "the"}

# The first word of a cadastre's name. A row may leave it out; a different one is a different cadastre.
KINDS = frozenset({"paroisse", "canton", "village", "ville", "cite", "seigneurie", "municipalite", "fief", "quartier"})

CARDINALS = frozenset({"nord", "sud", "est", "ouest"})

# Words that tell two neighbouring cadastres apart: never missing, never taken for a misspelling.
MARKS = CARDINALS | {
    *("saint", "sainte", "centre", "partie", "augmentation"),
    *("haut", "haute", "bas", "basse", "inferieur", "inferieure", "superieur", "superieure"),
    *("petit", "petite", "grand", "grande", "gros", "grosse"),
    *("ancien", "ancienne", "nouveau", "nouvelle"),
    *("premier", "premiere", "deuxieme", "second", "seconde", "troisieme"),
}

# `Vill.` is Village: Ville would lose only one letter. `V.`, `N.` or `E.` could be anything and stay as they are.
ABBREVIATIONS = {
    "st": "saint",
    "ste": "sainte",
    "p": "paroisse",
    "par": "paroisse",
    "paroi": "paroisse",
    "psse": "paroisse",
    "paroisses": "paroisse",
    "ct": "canton",
    "cant": "canton",
    "ctn": "canton",
    "cton": "canton",
    "cantons": "canton",
    "vill": "village",
    "vge": "village",
    "vlg": "village",
    "villages": "village",
    "villes": "ville",
    "mun": "municipalite",
    "munic": "municipalite",
    "municipalites": "municipalite",
    "seig": "seigneurie",
    "seign": "seigneurie",
    "quart": "quartier",
    "cad": "cadastre",
    "qc": "quebec",
    "que": "quebec",
    "snt": "saint",
    "snte": "sainte",
    "sta": "sainte",
    # English: no name of a cadastre has these words.
    "parish": "paroisse",
    "township": "canton",
    "townships": "canton",
    "twp": "canton",
    "tp": "canton",
    "town": "ville",
    "city": "cite",
    "municipality": "municipalite",
    "seigniory": "seigneurie",
    "seigneury": "seigneurie",
    "ward": "quartier",
    "official": "officiel",
}

PROVINCES = (["qc"], ["que"])

ORDINALS = {
    "premier": "1",
    "deuxieme": "2",
    "second": "2",
    "troisieme": "3",
    "quatrieme": "4",
    "cinquieme": "5",
    "sixieme": "6",
    "septieme": "7",
    "huitieme": "8",
    "neuvieme": "9",
    "dixieme": "10",
}
ROMANS = {
    roman: str(number)
    for number, roman in enumerate(
        ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv"), start=1
    )
}

# Beside these a numeral is a number; elsewhere `V` is a letter and `24A` a lot.
NUMBERED = frozenset({"rang", "rangs", "concession"})
# Behind these, and at the end of a name, they are letters and no articles.
LETTERS = frozenset({"l", "d"})
LETTERED = NUMBERED | {"bloc", "lot", "ilot", "partie", "section"}
NUMBER_SIGNS = frozenset({"n", "no", "num", "numero"})
