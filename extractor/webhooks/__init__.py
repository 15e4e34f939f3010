"""Webhooks: who takes events, how they are signed, and the thread of a bridge that sends them."""

from extractor.webhooks.teller import Teller

__all__ = ["Teller"]
