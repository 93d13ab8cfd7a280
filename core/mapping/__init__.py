"""The declarative translator: a mapping document turns one document into another.

A mapping knows no direction: from a partner's document to ours and back are two mappings with other ends. It is
pure: cross-references come in through a :class:`LookupPort`, everything else is in the source document.
"""

from .converters import Argument, Converter, registry
from .coverage import leaves, unfilled, unread
from .failures import Notice, TranslationFault
from .lookup import RECORDS, Identified, LookupPort, NoReferences
from .mapping import Mapping, Result
from .places import line_of
from .problems import MappingError, Problem

__all__ = [
    "Argument",
    "Converter",
    "Identified",
    "LookupPort",
    "Mapping",
    "MappingError",
    "NoReferences",
    "Notice",
    "Problem",
    "RECORDS",
    "Result",
    "TranslationFault",
    "leaves",
    "line_of",
    "registry",
    "unfilled",
    "unread",
]
