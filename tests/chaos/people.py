"""What people do to their own tables while the soak runs, in plain SQL, at random from the soak's seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import psycopg

from tests.chaos.machine import Machine
from tests.chaos.scenario import Row, fresh_number

# Older rows are finished, and a person seldom touches them.
LATEST_ROWS = 12


class People:
    """Edits, resets and deletes rows of the load, and changes accounts; `rows` keeps what each row asks for now."""

    def __init__(self, machine: Machine, rows: list[Row], seed: int) -> None:
        self._sql = machine.servers.sql
        self._rows = rows
        self._dice = random.Random(seed)
        self._acts: dict[Callable[[], None], int] = {
            self.edit_row: 4,
            self.reset_row: 3,
            self.delete_row: 1,
            self.touch_rows: 2,
            self.disable_account: 2,
            self.repeat_account: 1,
            self.replace_account: 1,
        }

    def act(self) -> str:
        """One act at random: its name."""
        (act,) = self._dice.choices(list(self._acts), weights=list(self._acts.values()))
        with suppress(psycopg.errors.DeadlockDetected):  # a person would repeat the statement
            act()
        return act.__name__

    def settle(self) -> None:
        """Every account may be used again."""
        self._sql.execute("UPDATE worker_accounts SET is_active = true, resting_until = NULL, failure_count = 0")

    def edit_row(self) -> None:
        """Ask for another number with a row, whatever it is doing."""
        if (row := self._some_row()) is not None:
            number = fresh_number()
            edited = replace(row, number="".join(number.split()), earlier=(*row.earlier, row.number))
            self._rows[self._rows.index(row)] = edited
            self._sql.execute(
                "UPDATE extraction_queue SET document_number = %s, status = 'En attente' WHERE id = %s",
                [number, row.id],
            )

    def reset_row(self) -> None:
        """Set a row to En attente, whatever it is doing."""
        if (row := self._some_row()) is not None:
            self._sql.execute("UPDATE extraction_queue SET status = 'En attente' WHERE id = %s", [row.id])

    def delete_row(self) -> None:
        if (row := self._some_row()) is not None:
            self._rows.remove(row)
            self._sql.execute("DELETE FROM extraction_queue WHERE id = %s", [row.id])

    def touch_rows(self) -> None:
        """One long UPDATE over every row, those that run among them."""
        with self._sql.transaction():
            self._sql.execute("UPDATE extraction_queue SET priority = 1 - priority, status = status")
            self._sql.execute("SELECT pg_sleep(1)")

    def disable_account(self) -> None:
        """Disable one account, and enable the one that was disabled before."""
        self._sql.execute("UPDATE worker_accounts SET is_active = (username <> %s)", [self._some_account()])

    def repeat_account(self) -> None:
        """Run the INSERT of the accounts a second time."""
        self._sql.execute(
            "INSERT INTO worker_accounts (username, password) VALUES (%s, 'standin')", [self._some_account()]
        )

    def replace_account(self) -> None:
        """Delete an account, with each of its rows, and insert it again."""
        username = self._some_account()
        self._sql.execute("DELETE FROM worker_accounts WHERE username = %s", [username])
        self._sql.execute("INSERT INTO worker_accounts (username, password) VALUES (%s, 'standin')", [username])

    def _some_row(self) -> Row | None:
        latest = self._rows[-LATEST_ROWS:]
        return self._dice.choice(latest) if latest else None

    def _some_account(self) -> str:
        names = self._sql.execute("SELECT DISTINCT username FROM worker_accounts ORDER BY username").fetchall()
        return str(self._dice.choice(names)[0])
