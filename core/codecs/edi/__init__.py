"""EDI: X12 and UN/EDIFACT, read and written by guides that are data."""
