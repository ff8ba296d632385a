"""What the command line ends with, as grep does it, and two more."""

FOUND = 0
"""Rows were found, or the work is done."""

NOTHING = 1
"""A search found nothing."""

ERROR = 2
"""It could not be done; standard error says why."""

PARTIAL = 3
"""Something is missing: a segment or a source object could not be read, or only in part."""

CANCELLED = 130
"""Interrupted from the keyboard."""
