"""What a terminal shows of the logs: one line per event, of our own modules, as people read it."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

from extractor.local.log_lines import LogLines, last_words


def event(logger: str, message: str, level: str = "info", second: int = 0) -> str:
    moment = f"2026-11-27T09:00:{second:02}.5Z"
    return json.dumps({"level": level, "logger": logger, "timestamp": moment, "message": message}) + "\n"


BANNER = "\x1b[36m -------------- celery@vm v5.7.0 (collider)\n\x1b[0m\n{'broker': 1}\n{}\n"


def test_only_our_own_events_are_shown_each_once_and_in_order(tmp_path: Path) -> None:
    worker, bridge = tmp_path / "worker.log", tmp_path / "bridge.log"
    worker.write_text(
        BANNER
        + event("celery.worker.consumer.mingle", "mingle: all alone")
        + event("extractor.worker.attempt", "Job 1:\nnot found", "warning", second=3)
        + event("extractor.worker.session", "Logged in", second=1)
    )
    bridge.write_text(event("tasks.bridge", "Sent 1 index", second=2) + event("py.warnings", "mmap", "warning"))
    lines = LogLines(tmp_path)

    shown = [str(line) for line in lines.new()]

    assert [re.sub(r"^\d\d:\d\d:\d\d", "", line) for line in shown] == [
        "  worker   Logged in",
        "  bridge   Sent 1 index",
        "  worker   warning: Job 1: | not found",
    ]
    assert lines.new() == []


def test_a_line_that_is_still_being_written_waits(tmp_path: Path) -> None:
    whole = event("tasks.bridge", "Sent 1 é")
    log, lines = tmp_path / "bridge.log", LogLines(tmp_path)
    for part, expected in ((whole.encode()[:-4], []), (whole.encode()[-4:], ["Sent 1 é"])):
        with log.open("ab") as file:
            file.write(part)
        assert [line.text for line in lines.new()] == expected


def test_what_is_asked_for_as_warnings_passes_over_the_rest(tmp_path: Path) -> None:
    (tmp_path / "worker.log").write_text(event("extractor.a", "fine") + event("extractor.a", "bad", "error"))
    lines = LogLines(tmp_path)

    assert [line.text for line in lines.new(logging.WARNING)] == ["bad"]
    assert lines.new() == []


def test_the_last_words_of_a_part_are_its_sentences(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text(f"{BANNER}Error: -Q names 'x'.\n\n{event('extractor.a', 'It ends.', 'critical')}")

    assert last_words(log) == "  {}\n  Error: -Q names 'x'.\n  It ends."
