"""The converters of the mapping language, one module per kind of value."""

from . import codes, lists, numbers, reference, text, time
from .reference import Reference
from .specification import Argument, Convert, Converter, registry

__all__ = ["Argument", "Convert", "Converter", "Reference", "registry"]

_MODULES = (codes, lists, numbers, reference, text, time)
