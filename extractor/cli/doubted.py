"""Warnings about rows that will probably be refused: whole sentences in the language of the doubt, LANGUAGE."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.cli.terminal import note
from extractor.language.sentences import Language, Sentence, say_in
from extractor.operations import Problem


def warn_in(language: Language, sentence: Sentence) -> None:
    """Print a warning on stderr, its first word in the same language."""
    note(say_in(language, Sentence("Warning: {sentence}", sentence=sentence)), fg="yellow")


def name_lines(language: Language, problems: Sequence[Problem], total: int) -> None:
    """Print what is said of the first lines of a file, in the language, and how many further ones there are."""
    for problem in problems:
        note(say_in(language, Sentence("line {line}: {said}", line=problem.line, said=problem.sentence)))
    if total > len(problems):
        note(say_in(language, Sentence("… and {more} more", more=total - len(problems))))
