"""What `match` raises instead of guessing."""

from __future__ import annotations


class MatchRefused(Exception):
    """No option can be chosen with certainty; `nearest` holds up to three offered texts."""

    reason = "cannot be matched"

    def __init__(self, wanted: str, nearest: tuple[str, ...]) -> None:
        self.wanted = wanted
        self.nearest = nearest
        super().__init__(wanted, nearest)  # so that it survives pickling

    def __str__(self) -> str:
        listed = " · ".join(self.nearest) or "nothing is offered"
        return f'"{self.wanted}" {self.reason}: {listed}'


class NoMatch(MatchRefused):
    """Nothing offered is close enough to what was asked."""

    reason = "matches no option closely enough; nearest"


class AmbiguousMatch(MatchRefused):
    """Several options fit what was asked equally well."""

    reason = "fits several options"
