"""The French sentences, each under the English template of the code; `language/sentences.py` puts the values in.

Codes, names of columns, states of a row and commands stay as they are. A test compares the tables with the code.
"""

from extractor.language.french import api, documents, registry, reports, rows

FRENCH: dict[str, str] = {
    **registry.SENTENCES,
    **documents.SENTENCES,
    **rows.SENTENCES,
    **reports.SENTENCES,
    **api.SENTENCES,
}

# Singular and plural of what is counted inside a sentence.
NOUNS: dict[str, tuple[str, str]] = {
    "row": ("ligne", "lignes"),
    "leased": ("occupé", "occupés"),
    "resting": ("au repos", "au repos"),
    "failing": ("refusé trois fois", "refusés trois fois"),
    "disabled": ("désactivé", "désactivés"),
    "sealed": ("scellé", "scellés"),
}
