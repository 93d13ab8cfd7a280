"""The audit trail as such: its canonical form, its chain, its signature, its archive, its lines for syslog.

Pure: an entry is a dict of plain JSON values, wherever it is kept.
"""

from .canonical import NotCanonical, canonical
from .chain import GENESIS, Break, Chain, digest

__all__ = ["GENESIS", "Break", "Chain", "NotCanonical", "canonical", "digest"]
