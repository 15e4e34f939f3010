"""The command `python -m extractor.standin`; `app` holds the manual."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from extractor.local.listening import listen
from extractor.standin import server
from extractor.standin.app import create_app
from extractor.standin.scenario import Scenario


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the stand-in until it is told to stop."""
    parser = _parser()
    options = parser.parse_args(arguments)
    app = create_app(
        scenario=options.variants.model_copy(update={} if options.seed is None else {"seed": options.seed}),
        accounts=options.accounts,
        ledger=options.ledger,
        latency_ms=options.latency_ms,
    )
    try:
        listener = listen(options.host, options.port)
    except OSError as error:
        parser.error(f"cannot listen on {options.host}:{options.port}: {error.strerror}")
    server.serve(app, listener)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="extractor.standin", description="A stand-in for the registry's site.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8900, help="0 takes a free one (default: 8900)")
    parser.add_argument("--ledger", type=Path, metavar="FILE.jsonl", help="keep the ledger here over restarts")
    parser.add_argument("--accounts", type=_accounts, metavar="USER:PASSWORD,...", help="only these may log in")
    parser.add_argument("--variants", type=_scenario, default=Scenario(), metavar="JSON")
    parser.add_argument("--latency-ms", type=int, default=0, metavar="N", help="delay of every page")
    parser.add_argument("--seed", type=int, metavar="N", help="dice of the `random` variant")
    return parser


def _accounts(text: str) -> dict[str, str]:
    pairs = [pair.partition(":") for pair in text.split(",")]
    if not all(user and colon for user, colon, _ in pairs):
        raise argparse.ArgumentTypeError("give user:password,user:password")
    return {user: password for user, _, password in pairs}


def _scenario(text: str) -> Scenario:
    try:
        return Scenario.model_validate(json.loads(text))
    except (ValidationError, json.JSONDecodeError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    main()
