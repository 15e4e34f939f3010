from __future__ import annotations

import pytest
from pydantic import ValidationError

from extractor.standin.scenario import DRAWS, Moment, Scenario
from extractor.standin.variants import Variants


def test_draws_are_values_that_variants_allow() -> None:
    for name, values in DRAWS.items():
        for value in values:
            assert getattr(Variants.model_validate({name: value}), name) == value


def test_same_seed_draws_the_same() -> None:
    moment = Moment(account="99X3315", login=1, visit=2)
    first, second, other = (Scenario(random=True, seed=seed).play(moment) for seed in (3, 3, 4))

    assert first == second
    assert first.variants != other.variants


def test_what_is_set_is_not_drawn_and_rules_win() -> None:
    scenario = Scenario.model_validate(
        {"random": True, "delivery": "inline", "rules": [{"number": "1 234", "delivery": "new_window"}]}
    )
    for visit in range(20):
        assert scenario.play(Moment(visit=visit)).variants.delivery == "inline"
        assert scenario.play(Moment(visit=visit, number="1234")).variants.delivery == "new_window"


@pytest.mark.parametrize(
    "fields", [{"waiting": "for ever"}, {"colour": "red"}, {"rules": [{"number": "1", "colour": "red"}]}]
)
def test_unknown_field_or_value_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Scenario.model_validate(fields)


def test_scenario_survives_json() -> None:
    scenario = Scenario.model_validate({"entry": "area", "rules": [{"source": "acte", "closed": True}]})

    read_back = Scenario.model_validate_json(scenario.model_dump_json())

    assert read_back.play(Moment(source="acte")).variants.closed
    assert not read_back.play(Moment(source="index")).variants.closed
