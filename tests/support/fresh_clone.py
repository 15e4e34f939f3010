"""A fresh clone as a newcomer has it after `make install`, and a terminal in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.support.demo import MARK
from tests.support.documents import ROOT

UV = Path(sys.executable).with_name("uv")
# A terminal around a command: what is written to its stdin is typed, and Ctrl-C is a key.
TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


def clone(target: Path) -> None:
    """Copy the files that git has or would take, and make a .venv in which the copy is installed.

    The environment borrows the locked packages of the tests' own, which saves a minute; `make install` is content
    with it. The copy brings its bytecode, because files keep their times.
    """
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).exists():  # git still lists what was deleted a moment ago
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    for cache in (*(ROOT / "extractor").rglob("__pycache__"), ROOT / "tasks/__pycache__"):
        if cache.exists() and (target / cache.parent.relative_to(ROOT)).exists():
            shutil.copytree(cache, target / cache.relative_to(ROOT))
    environment = target / ".venv"
    _run([UV, "venv", "--quiet", "--python", sys.executable, environment])
    (_packages(environment) / "lent.pth").write_text(f"{_packages(Path(sys.prefix))}\n")
    install: list[str | Path] = [
        UV,
        "pip",
        "install",
        "--quiet",
        "--python",
        environment,
        "--no-deps",
        "--no-build-isolation",
    ]
    _run([*install, "--editable", target])
    (environment / ".installed").touch()


def newcomers_variables(mark: Path) -> dict[str, str]:
    """The environment without what a newcomer has not set; `tests.support.demo.left_behind` finds the mark."""
    own = {name: value for name, value in os.environ.items() if not re.match("PYTHON|ENV_FILE$|.*_URL$", name)}
    return own | {MARK: str(mark)}


class Terminal:
    """A command on a terminal of its own, as a person sees it; closed at the end of the block."""

    def __init__(self, command: Sequence[str], *, cwd: Path, variables: dict[str, str]) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-c", TERMINAL, *command],
            cwd=cwd,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def read_until(self, pattern: str, times: int | None = None) -> str:
        """Read on until another line has the pattern, or until this many of all lines have it; return the last one.

        Fails when the command ends before.
        """
        found = [line for line in self.lines if times and re.search(pattern, line)]
        wanted = times or 1
        while len(found) < wanted:
            line = self._next_line()
            found += [line] if re.search(pattern, line) else []
        return found[-1]

    def _next_line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "The command has ended:\n" + "\n".join(self.lines)
        self.lines.append(line.rstrip("\n"))
        return self.lines[-1]

    def press_ctrl_c(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\x03")
        self._process.stdin.flush()

    def read_to_the_end(self) -> list[str]:
        """The lines that come until the command ends."""
        assert self._process.stdout is not None
        rest = [line.rstrip("\n") for line in self._process.stdout]
        self.lines += rest
        return rest


def _packages(environment: Path) -> Path:
    return Path(sysconfig.get_path("purelib", vars={"base": str(environment)}))


def _run(command: Sequence[object]) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
