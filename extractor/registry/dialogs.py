"""Dialogs during a press that a person would confirm: the fee of a document, the saving of one that is paid."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from playwright.sync_api import BrowserContext, Dialog
from playwright.sync_api import Error as PlaywrightError


@contextmanager
def accepting_dialogs(context: BrowserContext) -> Iterator[list[str]]:
    """Accept each dialog inside the block, also of new windows, and yield what they said.

    Elsewhere Playwright dismisses each.
    """
    said: list[str] = []

    def accept(dialog: Dialog) -> None:
        said.append(dialog.message)
        with suppress(PlaywrightError):  # its page may be gone
            dialog.accept(dialog.default_value)

    context.on("dialog", accept)
    try:
        yield said
    finally:
        context.remove_listener("dialog", accept)
