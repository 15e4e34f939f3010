"""What people and programs write where nothing is meant."""

from __future__ import annotations

from extractor.matching.numbers import BLANKS

# The database has the same list (`extraction_queue_is_empty`); a test compares them.
EMPTY_WORDS = frozenset(
    {
        *(
            "",
            "-",
            "--",
            "---",
            "–",
            "—",
            ".",
            "?",
            "nan",
            "<na>",
            "n/a",
            "#n/a",
            "#n/d",
            "n.a.",
            "n/d",
            "na",
            "nd",
            "nil",
        ),
        *("null", "(null)", "none", "aucun", "aucune", "s/o", "s.o.", "sans objet", "vide", "(vide)", "néant"),
    }
)


def is_empty(field: str | None) -> bool:
    """Whether a field says nothing: blank, or a word for that such as `nan`, `N/A`, `NULL` or `aucune`."""
    return (field or "").strip(BLANKS).lower() in EMPTY_WORDS
