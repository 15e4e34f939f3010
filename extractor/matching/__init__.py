"""Matches a dirty name to one option of the select that is open now, or refuses and lists the nearest.

`names` folds texts into words, `offer` files a select's options, `gazetteer` knows names that are not offered here,
`beside` and `slips` read what is not quite a name, `choice` decides.
"""

from extractor.matching.choice import Option, match
from extractor.matching.gazetteer import Gazetteer
from extractor.matching.mismatches import AmbiguousMatch, MatchRefused, NoMatch
from extractor.matching.names import is_kind_word, normalise

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
