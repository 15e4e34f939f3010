"""The command `standin`, which hands its arguments on."""

from __future__ import annotations

import typer

from extractor.standin.__main__ import main as serve

standin_app = typer.Typer(add_completion=False)


@standin_app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False)
def standin(context: typer.Context) -> None:
    """Run the stand-in for the registry's site; --help lists its options."""
    serve(context.args)
