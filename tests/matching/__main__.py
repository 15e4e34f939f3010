"""`python -m tests.matching`: print precision, recall and refusals; `-v` lists the refused and wrong cases."""

from __future__ import annotations

import sys

from tests.matching.corpus import doubtful_cases, positive_cases, refusal_cases
from tests.matching.score import Score, score


def main() -> int:
    """Print the figures; fail if any choice was wrong."""
    to_match, doubtful, to_refuse = score(positive_cases()), score(doubtful_cases()), score(refusal_cases())
    matched, either, refused = to_match.pop("all"), doubtful.pop("all"), to_refuse.pop("all")
    lines = [
        f"{'to match':30}{'cases':>7}{'right':>7}{'refused':>9}{'wrong':>7}{'recall':>9}{'precision':>11}",
        *(_row(way, one) + f"{one.recall:9.1%}{one.precision:11.1%}" for way, one in to_match.items()),
        "",
        f"{'to match or refuse':30}{'cases':>7}{'right':>7}{'refused':>9}{'wrong':>7}",
        *(_row(way, one) for way, one in doubtful.items()),
        "",
        f"{'to refuse':30}{'cases':>7}{'':7}{'refused':>9}{'wrong':>7}",
        *(_row(way, one) for way, one in to_refuse.items()),
        "",
        _summary(matched, refused),
    ]
    if "-v" in sys.argv[1:]:
        lines += [f"refused: {case.way}: {case.wanted!r}" for case in matched.refusals]
    lines += [
        f"WRONG: {case.way}: {case.wanted!r} -> {chosen.text!r}"
        for case, chosen in matched.wrong + either.wrong + refused.wrong
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if matched.wrong or either.wrong or refused.wrong else 0


def _summary(matched: Score, refused: Score) -> str:
    return (
        f"cases {matched.cases + refused.cases}, to match {matched.cases}: right {matched.right}"
        f" ({matched.recall:.2%}), refused {matched.refused}, wrong {len(matched.wrong)};"
        f" to refuse {refused.cases}: refused {refused.refused}, wrong {len(refused.wrong)}"
    )


def _row(way: str, one: Score) -> str:
    right = str(one.right) if one.right else ""
    return f"{way:30}{one.cases:7}{right:>7}{one.refused:9}{len(one.wrong):7}"


if __name__ == "__main__":
    raise SystemExit(main())
