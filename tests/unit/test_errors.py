"""The error tree is the table of outcomes: every leaf says what happens to the row."""

from __future__ import annotations

from collections.abc import Iterator

from extractor import errors
from extractor.errors import Consequence, ExtractorError


def leaves(base: type[ExtractorError]) -> Iterator[type[ExtractorError]]:
    for child in base.__subclasses__():
        if child.__subclasses__():
            yield from leaves(child)
        else:
            yield child


def test_every_failure_has_a_code_of_its_own() -> None:
    # What keeps a process from starting never comes to a row: it shares one code.
    codes = [leaf.code for leaf in leaves(ExtractorError) if not issubclass(leaf, errors.ConfigurationError)]

    assert len(codes) == len(set(codes))


def test_only_the_rows_own_faults_use_an_attempt_or_end_it() -> None:
    at_fault_elsewhere = (errors.SiteError, errors.SessionError, errors.AccountError, errors.StorageError)

    for leaf in leaves(ExtractorError):
        if issubclass(leaf, at_fault_elsewhere):
            assert leaf.consequence is Consequence.SNOOZE, leaf


def test_the_tree_in_the_module_shows_every_leaf() -> None:
    assert errors.__doc__ is not None
    for leaf in leaves(ExtractorError):
        assert leaf.__name__ in errors.__doc__
