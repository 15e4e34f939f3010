"""What the soak does to the system, one fault per method; each returns how many processes it killed."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable

import psutil

from tests.chaos.machine import FLEET, LEASE_SECONDS, SESSIONS, Machine
from tests.chaos.servers import DATABASE
from tests.support import processes
from tests.support.storage_rules import Faults

STORAGE_BURST = 5


class FaultDice:
    """Draws faults from a seed. Kills are the most frequent, since they are the measure of a soak."""

    def __init__(self, machine: Machine, seed: int) -> None:
        self._machine = machine
        self._servers = machine.servers
        self._dice = random.Random(seed)
        self._timers: list[threading.Timer] = []
        self._faults: dict[Callable[[], int], int] = {
            self.kill_child: 10,
            self.kill_chromium: 4,
            self.kill_driver: 4,
            self.kill_parent: 1,
            self.kill_bridge: 3,
            self.pause_child: 2,
            self.forget_messages: 1,
            self.drop_broker_lines: 2,
            self.terminate_backends: 2,
            self.fail_uploads: 2,
            self.expire_sessions: 1,
        }

    def strike(self) -> tuple[str, int]:
        """One fault at random: its name, and the processes it killed."""
        (fault,) = self._dice.choices(list(self._faults), weights=list(self._faults.values()))
        return fault.__name__, fault()

    def settle(self) -> None:
        """Wake everything that was put to sleep."""
        for timer in self._timers:
            timer.join()

    def kill_child(self) -> int:
        return self._kill(self._machine.children())

    def kill_chromium(self) -> int:
        return self._kill(self._browsers())

    def kill_driver(self) -> int:
        return self._kill([pid for child in self._machine.children() for pid in processes.below(child, "node")])

    def kill_parent(self) -> int:
        self._machine.kill(self._machine[FLEET].pid)
        self._machine.worker(FLEET, sessions=SESSIONS)
        return 1

    def kill_bridge(self) -> int:
        self._machine.kill(self._machine["bridge"].pid)
        self._machine.bridge()
        return 1

    def pause_child(self) -> int:
        """Asleep for longer than its lease, and awake again."""
        children = self._machine.children()
        if children:
            pid = self._dice.choice(children)
            processes.send(pid, signal.SIGSTOP)
            timer = threading.Timer(1.5 * LEASE_SECONDS, processes.send, [pid, signal.SIGCONT])
            timer.start()
            self._timers.append(timer)
        return 0

    def forget_messages(self) -> int:
        self._servers.broker.flushall()
        return 0

    def drop_broker_lines(self) -> int:
        self._servers.broker.client_kill_filter(_type="normal", skipme=True)
        return 0

    def terminate_backends(self) -> int:
        self._servers.sql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND pid <> pg_backend_pid() AND application_name = 'registre-extractor'",
            [DATABASE],
        )
        return 0

    def fail_uploads(self) -> int:
        self._servers.storage.faults = Faults(fail_uploads=STORAGE_BURST, store_then_fail=1)
        return 0

    def expire_sessions(self) -> int:
        self._servers.standin.expire_sessions()
        return 0

    def _kill(self, pids: list[int]) -> int:
        living = [pid for pid in pids if not processes.is_gone(pid)]
        if not living:
            return 0
        self._machine.kill(self._dice.choice(living))
        return 1

    def _browsers(self) -> list[int]:
        """The browsers' first processes, which started the others."""
        found = []
        for child in self._machine.children():
            for pid in processes.below(child, "chrom"):
                try:
                    if "chrom" not in (psutil.Process(pid).parent() or psutil.Process()).name():
                        found.append(pid)
                except psutil.NoSuchProcess:
                    continue
        return found
