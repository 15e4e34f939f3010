"""Every sentence for people is whole in both languages, with the same values; each error is made of such a sentence."""

from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from pydantic_core.core_schema import ErrorType

from extractor import errors
from extractor.errors import ConfigurationError, ExtractorError, PaperOnly
from extractor.language.french import FRENCH
from extractor.language.french.pydantic import OTHER_VALUE, PYDANTIC
from extractor.language.nouns import NOUNS
from extractor.language.sentences import Count, Language, Seconds, Sentence, say_in
from extractor.matching.mismatches import NOTHING, AmbiguousMatch, NoMatch, offered_names
from extractor.operations import InvalidFile, Refusal

ROOT = Path(__file__).parents[2]
# What only commands say, and they speak English: imports, accounts, the doctor, the local stack, the stand-in.
COMMANDS_ONLY = ("operations/account_keeping", "operations/columns", "operations/document_index",
                 "operations/imports", "operations/workbook", "operations/zip_files",
                 "doctor/", "local/", "standin/", "cli/")  # fmt: skip
SQL = [*(ROOT / "migrations").glob("*.sql"), *(ROOT / "extractor/postgres/sql").glob("*.sql")]
# English words that no French sentence has, and that every English one has some of.
ENGLISH = re.compile(r"\b(the|of|is|was|and|or|not|it|with|may|this|that|has|least)\b", re.IGNORECASE)


@cache
def calls() -> tuple[tuple[Path, ast.Call], ...]:
    return tuple(_calls())


def _calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in sorted([*(ROOT / "extractor").rglob("*.py"), *(ROOT / "tasks").rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield path.relative_to(ROOT), node


def sentences() -> Iterator[tuple[Path, ast.Call, str]]:
    for path, call in calls():
        if getattr(call.func, "id", "") == "Sentence" and path.name != "sentences.py":
            template = call.args[0] if len(call.args) == 1 else None
            assert isinstance(template, ast.Constant), f"{path}:{call.lineno}: the template is no literal"
            assert isinstance(template.value, str)
            yield path, call, template.value


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_every_sentence_has_its_french_and_no_other() -> None:
    assert set(FRENCH) == {template for _, _, template in sentences()}


def test_both_languages_say_the_same_values() -> None:
    for template, french in FRENCH.items():
        assert fields(french) == fields(template), template
        assert french.strip(), template
        assert ENGLISH.search(re.sub(r"`[^`]*`|\{[^}]*\}", "", french)) is None, french


def test_every_value_of_a_sentence_is_given() -> None:
    for path, call, template in sentences():
        assert {keyword.arg for keyword in call.keywords} == fields(template), f"{path}:{call.lineno}"


def test_every_noun_that_is_counted_is_known() -> None:
    for path, call in calls():
        if getattr(call.func, "id", "") == "Count" and path.name != "sentences.py":
            noun = call.args[1]
            assert not isinstance(noun, ast.Constant) or noun.value in NOUNS, f"{path}:{call.lineno}"
    assert {"leased", "resting", "failing", "disabled", "sealed"} <= set(NOUNS)
    assert all(set(words) == set(Language) for words in NOUNS.values())


def of_people(base: type[Exception]) -> set[str]:
    return {base.__name__} | {name for child in base.__subclasses__() for name in of_people(child)}


def test_no_error_for_people_is_made_of_an_english_text() -> None:
    names = (of_people(ExtractorError) - of_people(ConfigurationError)) | (of_people(Refusal) - {"InvalidFile"})
    names |= {"ApiProblem", "answer", "_answer", "ValueError"}
    assert {"PaperOnly", "AtLimit", "Unknown"} <= names
    assert issubclass(InvalidFile, Refusal)
    for path, call in calls():
        if getattr(call.func, "id", "") not in names or any(part in str(path) for part in COMMANDS_ONLY):
            continue
        if "ValueError" in ast.unparse(call.func) and path.parts[1] not in ("api", "operations"):
            continue  # of settings, which commands and processes read at their start
        for argument in call.args:
            english = isinstance(argument, ast.JoinedStr) or (
                isinstance(argument, ast.Constant) and isinstance(argument.value, str) and " " in argument.value
            )
            # What Postgres says of a value, in its own words and with a full stop.
            assert not english or "message_primary" in ast.unparse(argument), f"{path}:{call.lineno}"


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """The arguments of each call of extraction_queue_says, as texts."""
    literal = r"'(?:[^']|'')*'(?:\s+'(?:[^']|'')*')*"
    for english, french in re.findall(rf"extraction_queue_says\(\s*({literal}),\s*({literal})\)", text):
        yield _joined(english), _joined(french)


def _joined(literals: str) -> str:
    return "".join(re.findall(r"'((?:[^']|'')*)'", literals)).replace("''", "'")


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.name)
def test_every_sentence_of_the_database_has_both_languages(path: Path) -> None:
    text = re.sub(r"--[^\n]*", "", path.read_text())
    found = [*pairs(text)]
    defined = len(re.findall(r"FUNCTION (?:public\.)?extraction_queue_says\(", text))
    assert len(found) == text.count("extraction_queue_says(") - defined
    for english, french in found:
        values = re.findall(r"%+\d*\$?s", english)
        assert re.findall(r"%+\d*\$?s", french) == values, english
        assert ENGLISH.search(french) is None, french


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.name)
def test_no_statement_writes_an_english_message_alone(path: Path) -> None:
    text = re.sub(r"--[^\n]*", "", path.read_text())
    written = re.findall(
        r"\b(?:error_message|message|reason)\s*:?=\s*(.{0,200}?)(?:;|,\n|\nWHERE|\nFROM)", text, re.DOTALL
    )
    for value in written:
        alone = re.sub(r"extraction_queue_says\(.*", "", value, flags=re.DOTALL)
        assert not re.search(r"'[A-Za-z%][^']* [^']*'", alone.replace("'En attente'", "")), value


def test_what_pydantic_says_is_in_french_too() -> None:
    assert set(PYDANTIC) <= set(get_args(ErrorType))
    assert OTHER_VALUE


class TestSentence:
    def test_as_a_text_it_is_english_and_in_french_it_is_whole(self) -> None:
        said = Sentence("The registry keeps {number} on paper only.", number="12 345")

        assert said == "The registry keeps 12 345 on paper only."
        assert said.into(Language.FRENCH) == "Le registre ne conserve le numéro 12 345 que sur papier."
        assert say_in(Language.FRENCH, PaperOnly(said)) == said.into(Language.FRENCH)
        assert say_in(Language.FRENCH, "Le registre est fermé.") == "Le registre est fermé."

    def test_sentences_in_a_sentence_change_their_language_too(self) -> None:
        inner = errors.StorageError(Sentence("Supabase Storage gave no answer in time."))
        said = Sentence("{error} This attempt bought nothing.", error=inner)

        assert said == "Supabase Storage gave no answer in time. This attempt bought nothing."
        assert (
            said.into(Language.FRENCH) == "Supabase Storage n'a pas répondu à temps. Cette tentative n'a rien acheté."
        )

    def test_values_are_written_as_the_language_writes_them(self) -> None:
        values = {
            "a": Seconds(200_000),
            "b": Count(2, "row"),
            "c": Decimal("1.50"),
            "d": (Count(1, "leased"), Count(2, "leased")),
        }
        said = Sentence("{a}; {b}; {c}; {d}", **values)

        assert said == "2 d 7 h; 2 rows; 1,50 $; 1 leased, 2 leased"
        assert said.into(Language.FRENCH) == "2 j 7 h; 2 lignes; 1,50 $; 1 occupé, 2 occupés"

    def test_error_with_a_sentence_is_sent_to_another_process_whole(self) -> None:
        at = datetime(2026, 11, 3, tzinfo=UTC)
        error = PaperOnly(Sentence("The registry keeps {number} on paper only.", number=at))

        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 -- its own bytes

        assert say_in(Language.FRENCH, copy) == say_in(Language.FRENCH, error)

    def test_text_of_the_registry_with_braces_stays_as_it_is(self) -> None:
        said = Sentence("The registry answered: {message}", message="{0} {x}")

        assert say_in(Language.FRENCH, said) == "Le registre a répondu : {0} {x}"


@pytest.mark.parametrize("language", Language)
class TestOfferedNames:
    NAMES = ("Paroisse de Saint-Hippolyte", "Canton d'Abercrombie", "Village de Saint-Jérôme")

    @pytest.mark.parametrize("names", [NAMES, NAMES[:1]])
    @pytest.mark.parametrize("kind", [NoMatch, AmbiguousMatch])
    def test_names_are_read_back(
        self, kind: type[NoMatch | AmbiguousMatch], names: tuple[str, ...], language: Language
    ) -> None:
        message = Sentence("{column}: {refusal}", column="cadastre", refusal=kind("St-Hipolite: x", names))

        assert offered_names(message.into(language)) == ("cadastre", names)

    def test_an_empty_offer_is_no_name(self, language: Language) -> None:
        message = Sentence("{column}: {refusal}", column="cadastre", refusal=NoMatch("X", ()))

        assert NOTHING.into(language) in message.into(language)
        assert offered_names(message.into(language)) == ("cadastre", ())

    def test_choice_that_the_form_requires(self, language: Language) -> None:
        message = Sentence(
            "{column}: the row says nothing, and the registry wants one of: {offered}.",
            column="circonscription_fonciere",
            offered=" · ".join((*self.NAMES, "Rouville")),
        )

        assert offered_names(message.into(language)) == ("circonscription_fonciere", self.NAMES)

    def test_message_without_names(self, language: Language) -> None:
        message = Sentence(
            "{column}: the registry offers no choice here, and the row says “{wanted}”.",
            column="cadastre",
            wanted="A: b",
        )

        assert offered_names(message.into(language)) == ("cadastre", ())
