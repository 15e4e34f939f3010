"""From the commit of one row to the moment at which a worker has claimed it, on a system that is idle."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import ExitStack

from bench.chains.bare import Bare
from bench.chains.marks import Marks
from bench.chains.pgqueued import PgQueuerChain
from bench.chains.procrastinated import Procrastinate
from bench.chains.product import Product
from bench.rounds import P50, P99, Figure, Goal, Section, in_turn, ratio
from bench.stage import Stage

NAME = "latency"
WHAT = "commit of the INSERT to the start of the attempt"
# Of each chain in one round: two hundred in five rounds, whose hundredth part is two.
SAMPLES = 40
# Seconds between two rows: longer than any chain needs to be idle again, and in no step with anybody's clock.
GAPS = (0.05, 0.2)
P50_LIMIT, P99_LIMIT = 1.5, 2.0


CHAINS = (Product, Bare, Procrastinate, PgQueuerChain)


def measure(stage: Stage, rounds: int) -> Section:
    """All chains run; a row of each in turn."""
    gaps = random.Random(1)

    def after_a_gap(sample: Callable[[], float]) -> Callable[[], float]:
        def act() -> float:
            time.sleep(gaps.uniform(*GAPS))
            return sample()

        return act

    with ExitStack() as ends:
        marks = ends.enter_context(Marks(stage.directory / "marks"))
        chains = [chain(stage, marks, ends, place=NAME) for chain in CHAINS]
        time.sleep(GAPS[1])
        samples = in_turn(rounds * SAMPLES, {chain.name: after_a_gap(chain.latency) for chain in chains})
    measured = {name: Figure(WHAT, name, "s", seconds) for name, seconds in samples.items()}
    ours, bare = measured[Product.name], measured[Bare.name]
    goals = (
        Goal("INSERT to start, p50, over the bare chain", ratio(ours, bare, P50), P50_LIMIT),
        Goal("INSERT to start, p99, over the bare chain", ratio(ours, bare, P99), P99_LIMIT),
    )
    return Section(NAME, tuple(measured.values()), goals)
