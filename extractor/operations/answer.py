"""The base of what operations answer."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """Frozen and typed: the command line prints it, an API serialises it."""

    model_config = ConfigDict(frozen=True)
