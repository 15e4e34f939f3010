"""How many rows per second one worker process takes and ends when a row needs nothing."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

from bench.chains.bare import Bare
from bench.chains.marks import Marks
from bench.chains.procrastinated import Procrastinate
from bench.chains.product import ProductWithoutBrowser
from bench.rounds import Figure, Goal, Section, in_turn
from bench.stage import Stage

NAME = "throughput"
CHAINS = (ProductWithoutBrowser, Bare, Procrastinate)
ROWS = 500
OF_BARE, OF_PROCRASTINATE = 1.0, 0.9


def measure(stage: Stage, rounds: int) -> Section:
    """The chains take turns with as many rows; the others have nothing to do meanwhile."""
    with ExitStack() as ends:
        marks = ends.enter_context(Marks(stage.directory / "marks"))
        chains = [chain(stage, marks, ends, place=NAME) for chain in CHAINS]
        samples = in_turn(rounds, {chain.name: partial(chain.rate, ROWS) for chain in chains})
    measured = {name: Figure(f"{ROWS} rows that need nothing", name, "rows/s", rate) for name, rate in samples.items()}
    ours, bare, other = (measured[chain.name].median for chain in CHAINS)
    goals = (
        Goal("rows per second, of the bare chain's", ours / bare, OF_BARE, at_least=True),
        Goal("rows per second, of procrastinate's", ours / other, OF_PROCRASTINATE, at_least=True),
    )
    return Section(NAME, tuple(measured.values()), goals)
