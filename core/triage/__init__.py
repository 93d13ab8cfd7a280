"""Reading what went wrong: which faults share one cause, and the single faults that one sums up."""

from .faults import REFERENCE_AMBIGUOUS, identifier_of, leaves, missing_codes
from .fingerprint import fingerprint

__all__ = ["REFERENCE_AMBIGUOUS", "fingerprint", "identifier_of", "leaves", "missing_codes"]
