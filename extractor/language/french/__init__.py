"""The French sentences, each under the English template of the code; `language/sentences.py` puts the values in.

Codes, names of columns, states of a row and commands stay as they are. A test compares the tables with the code.
"""

from extractor.language.french import api, commands, documents, registry, reports, rows

FRENCH: dict[str, str] = {
    **registry.SENTENCES,
    **documents.SENTENCES,
    **rows.SENTENCES,
    **reports.SENTENCES,
    **api.SENTENCES,
    **commands.SENTENCES,
}
