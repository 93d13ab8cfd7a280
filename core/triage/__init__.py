"""Reading what went wrong: which faults share one cause, and the single faults that one sums up."""

from .faults import identifier_of, leaves
from .fingerprint import fingerprint

__all__ = ["fingerprint", "identifier_of", "leaves"]
