"""What a reader opens is a document, whatever is odd about it; whatever a file does to its reader is a judgement."""

from __future__ import annotations

import hashlib
import resource
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from extractor.documents import judge as judging
from extractor.documents.judge import Judgement, Reader, judge
from tests.support import pdfs

GOOD = pdfs.pdf_bytes("Lot: 2 784 195", "page 2")
HTML = b"\r\n<html><body>Erreur</body></html>"


def judged(directory: Path, data: bytes) -> Judgement:
    path = directory / "a.bought"
    path.write_bytes(data)
    judgement = judge(path)
    assert path.read_bytes() == data
    assert (judgement.sha256, judgement.size_bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    return judgement


def test_a_good_file(tmp_path: Path) -> None:
    judgement = judged(tmp_path, GOOD)

    assert (judgement.refusal, judgement.warning, judgement.pages, judgement.is_whole) == (None, None, 2, True)
    assert [text.strip() for text in judgement.texts] == ["Lot: 2 784 195", "page 2"]


ODD = {
    "bytes before": (b"HTTP/1.1 200\r\n\r\n" + GOOD, "16 bytes come before its header"),
    "many bytes before": (b"x" * 1024 + GOOD, "1024 bytes come before"),
    "a page behind": (GOOD + HTML, f"{len(HTML.strip())} bytes follow its end marker"),
    "a long page behind": (GOOD + HTML * 1000, "bytes follow its end marker"),
    "references lost": (pdfs.with_lost_references(GOOD), "cross references are damaged"),
    "references wrong": (pdfs.with_wrong_references(GOOD), "cross references are damaged"),
    "encryption that leads nowhere": (pdfs.naming_an_encryption(GOOD, b"999 0 R"), "an encryption that readers ignore"),
    "encryption that nobody knows": (pdfs.naming_an_encryption(GOOD, b"<</Foo /Bar>>"), "common readers do not know"),
    "password": (pdfs.pdf_bytes("", user_password="s", owner_password="o"), "opens with a password only"),
    "a page too heavy to read": (pdfs.bomb(), "Its text was not read to its end: the reader ended by SIGABRT"),
}


@pytest.mark.parametrize(("data", "sentence"), ODD.values(), ids=ODD)
def test_odd_files_are_documents_with_a_warning(tmp_path: Path, data: bytes, sentence: str) -> None:
    judgement = judged(tmp_path, data)

    assert judgement.refusal is None
    assert judgement.is_whole
    assert sentence in str(judgement.warning)


USUAL = {
    "blanks behind": GOOD + b"\r\n\0\0\n",
    "an owner's password": pdfs.pdf_bytes("", owner_password="o"),
    "many strokes": pdfs.plan_of_strokes(10_000),
}


@pytest.mark.parametrize("data", USUAL.values(), ids=USUAL)
def test_nothing_is_odd_about(tmp_path: Path, data: bytes) -> None:
    assert judged(tmp_path, data).warning is None


BROKEN = {
    "empty": (b"", "empty file"),
    "page": (b"<!DOCTYPE html><html></html>", "An HTML page came instead of a PDF"),
    "page that speaks of a PDF": (b"<html>%PDF-1.4</html>", "An HTML page came instead of a PDF"),
    "picture": (b"GIF89a", "Something else came instead of a PDF"),
    "header too far": (b"x" * 1100 + GOOD, "Something else came instead of a PDF"),
    "half": (GOOD[: len(GOOD) // 2], "cut short"),
    "nonsense": (b"%PDF-1.4\nnonsense\n%%EOF", "does not parse"),
    "no page": (pdfs.without_pages(GOOD), "no reader finds its pages"),
}


@pytest.mark.parametrize(("data", "sentence"), BROKEN.values(), ids=BROKEN)
def test_what_no_reader_opens_is_refused_and_said(tmp_path: Path, data: bytes, sentence: str) -> None:
    judgement = judged(tmp_path, data)

    assert sentence in str(judgement.refusal)
    assert not judgement.is_whole


def test_a_cut_file_that_opens_is_worth_another_download(tmp_path: Path) -> None:
    cut = judged(tmp_path, GOOD[: GOOD.rindex(b"%%EOF")])

    assert cut.refusal is None
    assert not cut.is_whole
    assert "may be cut short" in str(cut.warning)
    assert judged(tmp_path, GOOD).worth > cut.worth > judged(tmp_path, GOOD[: len(GOOD) // 2]).worth


# How an update begins that is appended to a PDF, as far as it came.
CUT_UPDATES = (
    b"\n9 0 obj\n<</Length 99999>>stream\nxxxx",
    b"\r9 0 obj\r<</Type/Page/Parent 2 0 R",
    b"\r\n9 0 obj\r\n",
    b"9 0 obj<<",
    b"\n\n9\t0  obj",
    b"\r% a comment\r9 0 obj\r<<",
    b"\r9 0 ob",
    b"\r12 0 ",
    b"\r9",
    b"\rxref\r0 1\r",
    b"\rtrailer\r<</Size 9",
    b"\rstartxref\r12345\r",
    b"\rstartxref\r12345\r%%EO",
)


@pytest.mark.parametrize("update", CUT_UPDATES)
def test_an_earlier_end_marker_is_not_the_end(tmp_path: Path, update: bytes) -> None:
    judgement = judged(tmp_path, GOOD.rstrip() + update)

    assert not judgement.is_whole
    assert "may be cut short" in str(judgement.warning)


@pytest.mark.parametrize("place", [20, 40, 200, -6])
def test_a_cut_update_with_carriage_returns_is_worth_another_download(tmp_path: Path, place: int) -> None:
    update = b"".join(b"%d 0 obj\r<</Type/Page/Parent 2 0 R>>\rendobj\r" % number for number in range(20, 26))
    updated = GOOD + update + b"xref\r0 0\rtrailer\r<</Prev 9>>\rstartxref\r%d\r%%%%EOF\r" % (len(GOOD) + len(update))

    assert not judged(tmp_path, updated[: len(GOOD) + place if place > 0 else place]).is_whole
    assert judged(tmp_path, updated).is_whole


@pytest.mark.parametrize("after", [b"0\r\n\r\n", b"\r\n--boundary--\r\n", bytes(2000), HTML])
def test_what_the_transfer_left_behind_is_no_cut_update(tmp_path: Path, after: bytes) -> None:
    assert judged(tmp_path, GOOD + after).is_whole


def test_a_plan_with_a_million_strokes_is_cheap(tmp_path: Path) -> None:
    path = tmp_path / "plan.pdf"
    path.write_bytes(pdfs.plan_of_strokes(1_000_000))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    judgement = judge(path)

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "Lot: 2784195" in judgement.texts[0]
    assert after.ru_utime - before.ru_utime < 10  # 1 s on an idle machine


@pytest.mark.parametrize(
    ("reader", "ending"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("raise MemoryError", "exit code 1"),
        ("print('{\"pages\": 1'); raise RecursionError", "exit code 1"),
        ("import time; time.sleep(60)", "its time limit"),
        ("while True: pass", "its time limit"),
    ],
)
def test_whatever_ends_the_reader_is_a_judgement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str, ending: str
) -> None:
    (tmp_path / "reader.py").write_text(reader)
    monkeypatch.setattr(judging, "READER", (str(tmp_path / "reader.py"),))
    monkeypatch.setattr(judging, "WALL_SECONDS", 1)
    started = time.monotonic()

    judgement = judged(tmp_path, GOOD)

    assert f"its reader ended by {ending} before it was open" in str(judgement.refusal)
    assert time.monotonic() - started < 10


def test_the_reader_bounds_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "reader.py").write_text(
        "from extractor.documents import reader\n"
        "reader.limit_this_process()\n"
        "try:\n    bytearray(2 * reader.MEMORY_BYTES)\n"
        'except MemoryError:\n    print(\'{"pages": 1}\\n{"end": true}\')\n'
    )
    monkeypatch.setattr(judging, "READER", (str(tmp_path / "reader.py"),))

    assert judged(tmp_path, GOOD).pages == 1


def test_the_reader_sees_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "reader.py").write_text(
        "import json, os; print(json.dumps({'pages': 1 + ('ACCOUNTS_KEY' in os.environ)}))"
    )
    monkeypatch.setattr(judging, "READER", (str(tmp_path / "reader.py"),))
    monkeypatch.setenv("ACCOUNTS_KEY", "planted")

    assert judged(tmp_path, GOOD).pages == 1


def test_a_reader_that_waits_takes_one_file_and_another_takes_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a.bought"
    path.write_bytes(GOOD)

    with Reader() as reader:
        reader.start()
        judgements = [judge(path, reader), judge(path, reader)]

    assert [judgement.pages for judgement in judgements] == [2, 2]


def test_a_reader_that_the_host_ended_before_there_was_a_file_is_no_judgement(tmp_path: Path) -> None:
    path = tmp_path / "a.bought"
    path.write_bytes(GOOD)

    with Reader() as reader:
        reader.start()
        assert reader._process is not None
        reader._process.kill()
        reader._process.wait()

        assert judge(path, reader).pages == 2


def test_a_reader_that_gets_no_file_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    with Reader() as reader:
        reader.start()
    assert started[0].returncode == -signal.SIGKILL

    reader = Reader()
    reader.start()
    assert started[1].communicate()[0] == b""  # as when its parent dies: its standard input ends
    assert started[1].returncode == 0
