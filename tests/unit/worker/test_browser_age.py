"""When a browser is due to be replaced: by its jobs, and by its memory as a thread measured it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from extractor.worker import browser_age
from extractor.worker.browser_age import BrowserAge
from tests.support.system import eventually

SMALL, LARGE = 100, 1500


class Scales:
    """A browser's memory; `is_free` unset holds whoever measures it."""

    def __init__(self) -> None:
        self.megabytes = SMALL
        self.looks = 0
        self.is_free = threading.Event()
        self.is_free.set()

    def memory_mb(self) -> int:
        self.looks += 1
        self.is_free.wait()
        return self.megabytes


@pytest.fixture
def scales() -> Iterator[Scales]:
    scales = Scales()
    yield scales
    scales.is_free.set()


@pytest.fixture
def age() -> BrowserAge:
    return BrowserAge(recycle_jobs=2, max_browser_mb=LARGE)


def test_browser_is_due_after_its_jobs(age: BrowserAge) -> None:
    found = []
    for _ in range(3):
        found.append((age.is_due(), age.is_due(further_jobs=1)))
        age.count_job()

    assert found == [(False, False), (False, True), (True, True)]
    assert str(age) == "3 jobs, at 0 MB"


@pytest.mark.parametrize(("megabytes", "is_due"), [(LARGE - 1, False), (LARGE, True)])
def test_browser_is_due_at_its_memory(megabytes: int, is_due: bool, age: BrowserAge, scales: Scales) -> None:
    scales.megabytes = megabytes

    age.measure(scales.memory_mb)

    eventually(lambda: str(age) == f"0 jobs, at {megabytes} MB", "it is measured", seconds=30)
    assert age.is_due() is is_due


def test_memory_is_measured_once_within_the_pause(
    age: BrowserAge, scales: Scales, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_age, "MEASURE_SECONDS", 3600.0)

    age.measure(scales.memory_mb)
    eventually(lambda: str(age) == f"0 jobs, at {SMALL} MB", "it is measured", seconds=30)
    age.measure(scales.memory_mb)

    age.reset()  # waits for a thread that measures
    assert scales.looks == 1


def test_memory_is_measured_again_after_the_pause_and_by_one_thread_at_a_time(
    age: BrowserAge, scales: Scales, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_age, "MEASURE_SECONDS", 0.0)
    scales.is_free.clear()
    age.measure(scales.memory_mb)
    eventually(lambda: scales.looks == 1, "the first thread measures", seconds=30)

    age.measure(scales.memory_mb)

    assert [thread.name for thread in threading.enumerate()].count("browser-memory") == 1
    scales.is_free.set()

    def is_measured_again() -> bool:
        age.measure(scales.memory_mb)
        return scales.looks > 1

    eventually(is_measured_again, "it is measured again", seconds=30)


def test_next_browser_is_new_also_when_the_old_one_is_being_measured(age: BrowserAge, scales: Scales) -> None:
    scales.megabytes = LARGE
    scales.is_free.clear()
    age.count_job()
    age.measure(scales.memory_mb)
    resetting = threading.Thread(target=age.reset)
    resetting.start()
    resetting.join(0.1)
    assert resetting.is_alive()  # it waits for the measurement

    scales.is_free.set()
    resetting.join()

    assert str(age) == "0 jobs, at 0 MB"
    age.measure(scales.memory_mb)  # at once, whatever the old one's pause
    eventually(age.is_due, "the new one is measured", seconds=30)
