"""The six invariants of `README.md`, checked outside the product: in the stand-in's ledger, bytes and processes.

Each check returns sentences; none means that the invariant holds.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import psycopg

from extractor.standin.ledger import Entry
from tests.chaos.machine import TIMES, Machine
from tests.chaos.scenario import COMPLETED, TERMINAL, Row

MAX_KILLS = int(TIMES.get("MAX_KILLS", "3"))
# The interval of the proof, how long one may take, and the bridge's pause before it listens again.
PROOF_BOUND_SECONDS = float(TIMES["PROOF_SECONDS"]) + 5 + 2

Check = Callable[[], Iterator[str]]


class Oracle:
    """Compares what the rows say with what happened."""

    def __init__(self, machine: Machine, rows: Sequence[Row], *, since: int = 0) -> None:
        self._machine = machine
        self._rows = rows
        self._since = since  # the ledger's last entry before them
        self._sql = machine.servers.sql
        self._ledger = machine.servers.standin.ledger()

    def violations(self) -> list[str]:
        """Every broken invariant; (f) is `remains`, which takes a moment to become true."""
        checks: tuple[Check, ...] = (self.money, self.states, self.bytes, self.login_posts, self.sessions)
        return list(chain.from_iterable(check() for check in checks))

    def money(self) -> Iterator[str]:
        """(a) No row was consulted more often than allowed, and every consultation is on record."""
        bought: Counter[tuple[str | None, str]] = Counter(
            (entry.source, entry.number) for entry in self._ledger if entry.kind == "consultation"
        )
        recorded = self._recorded()
        for (source, number), rows in self._by_document().items():
            earlier = [old for row in rows for old in row.earlier]
            billed = bought[source, number] + sum(bought[source, old] for old in earlier)
            allowed = max(row.consultations * (1 + len(row.earlier)) for row in rows)
            marks = sum(recorded[row.id] for row in rows)
            if billed > allowed:
                yield f"(a) {source} {number} was consulted {billed} times; {allowed} was allowed."
            if not 0 <= marks - billed <= sum(row.unclicked for row in rows):
                yield f"(a) {source} {number} was consulted {billed} times, and the ledger records {marks}."

    def states(self) -> Iterator[str]:
        """(b) Every row ended as it may or can be claimed; no dead process holds one; none kills without end."""
        for row in self._rows:
            record = self._sql.execute(
                "SELECT status, lease_expires_at > now(), error_code, error_message"
                " FROM extraction_queue WHERE id = %s",
                [row.id],
            ).fetchone()
            if record is None:
                yield f"(b) row {row.number} is lost: it is no longer in the table."
                continue
            status, lease_lives, code, message = record
            if status == "En traitement" and not lease_lives:
                yield f"(b) row {row.number} is En traitement without a live lease."
            if status in TERMINAL and status not in row.ends:
                yield f"(b) row {row.number} is {status} ({code}: {message}), not {' or '.join(row.ends)}."
            yield from lost_too_often(self._sql, row)

    def bytes(self) -> Iterator[str]:
        """(c) What storage has is what the site served for this very document."""
        served: dict[tuple[str | None, str], set[str | None]] = defaultdict(set)
        for entry in self._ledger:
            if entry.kind == "document":
                served[entry.source, entry.number].add(entry.document_sha256)
        for row in self._rows:
            record = self._sql.execute(
                "SELECT status, supabase_path, document_sha256 FROM extraction_queue WHERE id = %s", [row.id]
            ).fetchone()
            if record is None or record[0] != COMPLETED:
                continue
            path = self._machine.servers.storage_directory / str(record[1])
            stored = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
            if stored is None:
                yield f"(c) row {row.number} is {COMPLETED} and storage has no {record[1]}."
            elif stored != record[2] or stored not in served[row.source, row.number]:
                yield f"(c) row {row.number}: storage has other bytes than the site served."

    def login_posts(self) -> Iterator[str]:
        """(d) The processes logged in no more often than the budget of all scenarios so far."""
        posts = self.posts()
        if posts > self._machine.logins:
            yield f"(d) {posts} logins were posted; the budget is {self._machine.logins}."

    def posts(self) -> int:
        """How often credentials were posted so far."""
        return sum(entry.kind in ("login", "login_refused") for entry in self._ledger)

    def sessions(self) -> Iterator[str]:
        """(e) Once an account has logged in again, its former session asks and buys nothing any more."""
        newest: dict[str, str] = {}
        for entry in self._ledger:
            if entry.kind == "login":
                newest[entry.account] = entry.session
            elif (
                entry.id > self._since
                and entry.kind in ("search", "consultation")
                and newest.get(entry.account) != entry.session
            ):
                yield f"(e) {_told(entry)} came from a session of {entry.account} that another login had replaced."

    def bells(self) -> Iterator[str]:
        """(f) A bridge that says it listens has lately heard its own notification."""
        deaf = self._sql.execute(
            "SELECT bridge_id, extract(epoch FROM now() - proven_at) FROM bridge_status WHERE mode = 'listening'"
            " AND last_heartbeat > now() - interval '3 s' AND proven_at < now() - make_interval(secs => %s)",
            [PROOF_BOUND_SECONDS],
        )
        for bridge, seconds in deaf.fetchall():
            yield f"(f) bridge {bridge} says that it listens, and last heard itself {seconds:.0f} s ago."

    def remains(self) -> list[str]:
        """(f) What should be gone soon: orphaned processes, unacknowledged messages, bridges that trust a dead line."""
        left = list(self.bells())
        left += [f"(f) an orphaned process: {told}" for told in self._machine.orphans()]
        broker = self._machine.servers.broker
        left += [f"(f) {broker.hlen('unacked')} unacknowledged messages."] if broker.hlen("unacked") else []
        return left

    def leftovers(self) -> list[str]:
        """(f) What a killed process may leave for housekeeping: spooled documents that storage has, browsers' files.

        A process that is killed after its row became Erreur, and before the refused bytes are evidence, leaves them in
        the spool: the next attempt, after `extractor retry`, finds them there.
        """
        failed = self._sql.execute("SELECT id::text FROM extraction_queue WHERE status = 'Erreur'").fetchall()
        kept = {"id", *(job_id for (job_id,) in failed)}
        spooled = [path for path in self._machine.spool.iterdir() if path.name.partition(".")[0] not in kept]
        # Python's own `pymp-…` stays empty here.
        temporary = [path for path in self._machine.temporary.iterdir() if not path.is_dir() or any(path.iterdir())]
        return [f"(f) {path} is left." for path in spooled + temporary]

    def _recorded(self) -> Counter[str]:
        records = self._sql.execute(
            "SELECT DISTINCT job_id, attempt_id, consultation FROM extraction_clicks WHERE free_at IS NULL"
        )
        return Counter(str(job_id) for job_id, *_ in records.fetchall())

    def _by_document(self) -> dict[tuple[str, str], list[Row]]:
        documents: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self._rows:
            documents[row.source, row.number].append(row)
        return documents


def lost_too_often(sql: psycopg.Connection, row: Row) -> list[str]:
    """A row takes no more than MAX_KILLS processes with it: then it is held."""
    record = sql.execute(
        "SELECT count(*) FROM extraction_attempts WHERE job_id = %s AND outcome = 'lost'", [row.id]
    ).fetchone()
    losses = record[0] if record else 0
    if losses <= MAX_KILLS:
        return []
    return [f"(b) row {row.number} took {losses} processes with it; {MAX_KILLS} is the limit."]


def _told(entry: Entry) -> str:
    return f"{entry.kind} of {entry.source} {entry.number}"
