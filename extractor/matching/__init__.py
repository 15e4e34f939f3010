"""Matches a dirty name to one option of the select that is open now, or refuses and lists the nearest.

`names` folds texts into words, `gazetteer` knows names that are not offered here, `choice` decides.
"""

from extractor.matching.choice import Option, match
from extractor.matching.gazetteer import Gazetteer
from extractor.matching.names import is_kind_word, normalise
from extractor.matching.refusals import AmbiguousMatch, MatchRefused, NoMatch

__all__ = [
    "AmbiguousMatch",
    "Gazetteer",
    "MatchRefused",
    "NoMatch",
    "Option",
    "is_kind_word",
    "match",
    "normalise",
]
