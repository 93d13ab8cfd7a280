"""What the benchmarks share; see the package's docstring."""

from . import bare, page, record, stock
from .arena import Arena
from .measure import Measure, at_least, at_most

__all__ = ["Arena", "Measure", "at_least", "at_most", "bare", "page", "record", "stock"]
