"""The HTTP API: thin over `extractor.operations` and `extractor.reports`, as the command line is."""

from extractor.api.application import create_app

__all__ = ["create_app"]
