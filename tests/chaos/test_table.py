"""Each failure has scenarios that exist. A test in tests/unit compares the table with `README.md`."""

from __future__ import annotations

import importlib

from tests.chaos.table import TABLE


def test_every_failure_mode_is_in_the_table() -> None:
    assert sorted(TABLE) == [*range(1, 51)]
    assert all(mode.scenarios for mode in TABLE.values())


def test_every_scenario_of_the_table_exists() -> None:
    for mode in TABLE.values():
        for scenario in mode.scenarios:
            module, _, test = scenario.partition("::")
            assert callable(getattr(importlib.import_module(f"tests.chaos.{module}"), test))
