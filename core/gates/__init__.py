"""Gates: the closed vocabulary in which a condition over milestones and fields is written."""

from .condition import FIELDS, SUBJECTS, describe, milestones, problems

__all__ = ["FIELDS", "SUBJECTS", "describe", "milestones", "problems"]
