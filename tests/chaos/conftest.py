"""The shared machine, one scenario per test, the oracle after each, and the report."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from extractor.local.errors import LocalError
from tests.chaos import table
from tests.chaos.machine import Machine
from tests.chaos.oracle import Oracle
from tests.chaos.report import Totals, spent
from tests.chaos.scenario import Scenario
from tests.support.system import eventually

LOGS = Path(tempfile.gettempdir()) / "chaos-logs"
REMAINS_SECONDS = 15.0


class Report:
    """Prints each scenario as it ends, and the last line."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._totals = Totals()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told: dict[str, Any] = dict(report.user_properties)
        if report.when != "call" or "line" not in told:
            return
        kills, billed, stored, unrecorded = told["numbers"]
        self._totals.add(
            kills=kills,
            consultations=billed,
            documents=stored,
            unrecorded=unrecorded,
            violations=told["violations"],
        )
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            terminal.ensure_newline()
            terminal.write_line(told["line"])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._totals.scenarios:
            terminalreporter.write_line(self._totals.line())


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Report(config), "chaos report")


@pytest.fixture(scope="session")
def running_machine() -> Iterator[Machine]:
    with Machine() as machine:
        yield machine


@pytest.fixture
def machine(running_machine: Machine) -> Machine:
    """The machine in order: everything runs and is ready, and no fault is left."""
    running_machine.heal()
    running_machine.ensure()
    return running_machine


@pytest.fixture
def scenario(machine: Machine) -> Scenario:
    """A scenario whose end is checked by the oracle, and printed."""
    return Scenario(machine)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Let the oracle check each scenario at its end, as a part of it; keep the logs of one that failed."""
    scenario = pyfuncitem.funcargs.get("scenario")
    try:
        result = yield
        if isinstance(scenario, Scenario):
            _judge(pyfuncitem, scenario)
    except BaseException:
        if isinstance(scenario, Scenario):
            LOGS.mkdir(exist_ok=True)
            path = LOGS / f"{pyfuncitem.name}.log"
            path.write_text(scenario.machine.logs())
            pyfuncitem.add_report_section("call", "logs", str(path))
        raise
    return result


def _judge(item: pytest.Function, scenario: Scenario) -> None:
    scenario.close()
    oracle = Oracle(scenario.machine, scenario.rows, since=scenario.since)
    violations = oracle.violations() + _remains(oracle)
    # A budget that was overspent must not spoil the next scenarios.
    scenario.machine.logins = max(scenario.machine.logins, oracle.posts())
    _record(item, scenario, violations)
    if violations:
        pytest.fail("\n".join(violations), pytrace=False)


def _remains(oracle: Oracle) -> list[str]:
    """What is still there after a moment in which it should have gone."""
    try:
        eventually(lambda: not oracle.remains(), "nothing remains", REMAINS_SECONDS)
    except LocalError:
        return oracle.remains()
    return []


def _record(item: pytest.Function, scenario: Scenario, violations: list[str]) -> None:
    """Let the report carry the numbers, so that they arrive from another process too (`pytest -n 2`)."""
    billed, stored, unrecorded = spent(scenario.machine, scenario.rows)
    seconds = time.monotonic() - scenario.started
    name = item.name.removeprefix("test_").replace("_", " ")
    line = (
        f"{table.numbers_of(item):>8}  {name}: {scenario.kills} kills, {billed} consultations,"
        f" {stored} documents, {seconds:.1f} s"
    )
    item.user_properties += [
        ("line", line),
        ("numbers", (scenario.kills, billed, stored, unrecorded)),
        ("violations", violations),
    ]
