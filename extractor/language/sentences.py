"""Sentences for people in English and French. As a text each is the English one, so logs and tests read one language.

The English template stands where it is said; `language/french/` has the French one under it. Whoever hands a sentence
to a person (`error_message`, `why`, a problem of the API) asks for it in the language of the setting LANGUAGE.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from extractor.language.french import FRENCH
from extractor.language.nouns import NOUNS
from extractor.words import amount, duration, moment


class Language(StrEnum):
    """The setting LANGUAGE."""

    ENGLISH = "en"
    FRENCH = "fr"


@dataclass(frozen=True)
class Seconds:
    """A duration inside a sentence: `3 min 12 s`."""

    seconds: float


@dataclass(frozen=True)
class Count:
    """A number of things inside a sentence: `3 rows`. The noun is one of NOUNS."""

    number: int
    noun: str


class Sentence(str):
    """A template with what stands in its braces: numbers, texts, errors, other sentences, and tuples of these."""

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, /, **values: object) -> Sentence:
        """Make it; the template is a literal, for which a test looks up the French one."""
        kept = {name: _kept(value) for name, value in values.items()}
        sentence = super().__new__(cls, _filled(template, kept, Language.ENGLISH))
        sentence.template, sentence.values = template, kept
        return sentence

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.template, self.values)  # Celery sends the error of a task to its parent process

    def into(self, language: Language) -> str:
        """The sentence in a language. One that a later version of the program no longer says has no French."""
        template = FRENCH.get(self.template, self.template) if language is Language.FRENCH else self.template
        return _filled(template, self.values, language)


def say_in(language: Language, said: str | BaseException) -> str:
    """A sentence, or what an error says, in a language; any other text as it is."""
    text = sentence_of(said) if isinstance(said, BaseException) else said
    return text.into(language) if isinstance(text, Sentence) else text


def _kept(value: object) -> object:
    """A value that can be sent to another process: of an error what it says, of a thing its text."""
    if isinstance(value, BaseException):
        return sentence_of(value)
    if isinstance(value, tuple):
        return tuple(_kept(one) for one in value)
    is_plain = isinstance(value, str | int | float | datetime | Decimal | Seconds | Count)
    return value if is_plain else str(value)


def sentence_of(error: BaseException) -> str:
    """What an error says: its sentence where it has one, which any language has, else its text."""
    sentence = getattr(error, "sentence", error.args[0] if len(error.args) == 1 else None)
    return sentence if isinstance(sentence, Sentence) else str(error)


def _again(template: str, values: dict[str, object]) -> Sentence:
    return Sentence(template, **values)


def _filled(template: str, values: dict[str, object], language: Language) -> str:
    return template.format(**{name: _shown(value, language) for name, value in values.items()})


def _shown(value: object, language: Language) -> object:
    """A value as the language writes it; a number as it is, for the format of the template."""
    match value:
        case Seconds(seconds):
            return duration(seconds, day="j" if language is Language.FRENCH else "d")
        case Count(number, noun):
            return _counted(number, noun, language)
        case datetime():
            return moment(value)
        case Decimal():
            return amount(value)
        case tuple():
            return ", ".join(str(_shown(one, language)) for one in value)
        case str():
            return say_in(language, value)
        case _:
            return value


def _counted(number: int, noun: str, language: Language) -> str:
    """`0 rows`, `1 row`; `0 ligne`, `1 ligne`, `2 lignes`: in French the plural begins with two."""
    is_plural = number > 1 if language is Language.FRENCH else number != 1
    return f"{number} {NOUNS[noun][language][is_plural]}"
