"""Each error code has its own next step, and no step advises to pay without a look where money may be gone."""

from __future__ import annotations

import shlex

import pytest

from extractor.cli import COMMANDS
from extractor.language.sentences import Language, Sentence
from extractor.matching.mismatches import NoMatch
from extractor.reports.next_steps import OPTIONS, STEPS, UNKNOWN, next_step
from tests.unit.test_docs import codes

ID = "7f0c2a54-3c1e-4f0e-9d5b-3a4c0a1f2b6d"
NAMES = ("Paroisse de Saint-Hippolyte", "Canton d'Abercrombie", "Village de Saint-Jérôme")


def not_matched(column: str, names: tuple[str, ...]) -> Sentence:
    return Sentence("{column}: {refusal}", column=column, refusal=NoMatch("St-Hipolite", names))


def test_every_code_has_its_step_and_no_other() -> None:
    assert set(STEPS) == codes()


def test_commands_of_the_steps_exist() -> None:
    names = {command.name for command in COMMANDS}
    for step in (*STEPS.values(), UNKNOWN):
        if step.command is not None:
            program, name, *_ = step.command.split()
            assert (program, name in names) == ("extractor", True), step.command


def test_nothing_is_paid_again_before_a_look() -> None:
    for code in ("wrong_document", "document_refused", "document_timeout", "worker_lost"):
        step = next_step(ID, code, "…")
        assert step.command == f"extractor show {ID}"
        assert "1,50 $" in step.sentence
    assert "do not pay again" in next_step(ID, "wrong_document", "…").sentence


def test_paper_is_ordered() -> None:
    step = next_step(ID, "paper_only", "The registry keeps 1 on paper only.")

    assert step.sentence.endswith("Order it from the registry's office.")
    assert step.command is None


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("column", ["circonscription_fonciere", "cadastre", "designation_secondaire", "acte_type"])
def test_refused_name_gets_the_three_nearest_and_the_command_that_corrects(column: str, language: Language) -> None:
    step = next_step(ID, "name_not_matched", not_matched(column, NAMES).into(language))

    assert " · ".join(NAMES) in step.sentence.into(language)
    assert step.command is not None
    option = OPTIONS[column][0]
    assert shlex.split(step.command) == ["extractor", "edit", ID, option, "Paroisse de Saint-Hippolyte"]


def test_name_with_an_apostrophe_is_one_word_of_the_shell() -> None:
    step = next_step(ID, "name_not_matched", not_matched("cadastre", ("Canton d'Abercrombie", "x")))

    assert step.command is not None
    assert shlex.split(step.command)[-1] == "Canton d'Abercrombie"


@pytest.mark.parametrize(
    ("code", "message", "command"),
    [
        ("name_not_matched", not_matched("cadastre", ()), f"extractor edit {ID} --cadastre NAME"),
        ("name_not_matched", "written by hand", "extractor places"),
        ("invalid_request", "document_number reads as '1/2', which …", f"extractor edit {ID} --number NUMBER"),
        ("invalid_request", "acte_type est vide : un acte exige l'un …", f"extractor edit {ID} --acte-type TYPE"),
        ("invalid_request", None, None),
        ("another_program", "?", f"extractor show {ID}"),
        (None, None, f"extractor show {ID}"),
    ],
)
def test_command_names_what_is_known(code: str | None, message: str | None, command: str | None) -> None:
    assert next_step(ID, code, message).command == command


def test_bought_document_costs_nothing_more() -> None:
    step = next_step(ID, "poison_row", "…", is_bought=True)

    assert "costs nothing" in step.sentence
    assert step.command == f"extractor retry {ID}"
