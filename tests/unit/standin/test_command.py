from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from extractor.standin.__main__ import main
from tests.support.standin_client import StandinClient

from .visitor import Visitor

ROOT = Path(__file__).parents[3]
READY = "stand-in ready on "


@contextmanager
def started(*arguments: str) -> Iterator[str]:
    command = [sys.executable, "-m", "extractor.standin", "--port", "0", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith(READY)
            yield line.removeprefix(READY).strip()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=10)


def test_command_serves_with_its_options(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    options = ("--ledger", str(ledger), "--accounts", "99X3456:se:cret", "--variants", '{"entry": "area"}')
    with started(*options, "--seed", "5", "--latency-ms", "1") as url:
        with Visitor(url) as visitor, StandinClient(url) as client:
            assert visitor.log_in("99X3456", "se:cret").is_logged_in
            assert (client.variants().entry, client.variants().seed) == ("area", 5)
        assert ledger.read_text(encoding="utf-8").count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--variants", '{"waiting": "for ever"}'),
        ("--variants", "{"),
        ("--accounts", "99X3456"),
    ],
)
def test_wrong_option_is_refused(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)

    assert arguments[0] in capsys.readouterr().err


def test_taken_port_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit):
            main(("--port", str(port)))

    assert f"cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err
