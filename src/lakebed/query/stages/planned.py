"""Names that the language reserves for what is not built yet, so that using one gives an honest
error."""

from __future__ import annotations

_STAGES = """
delta fieldsummary lookup parse patterns
sequence transaction
"""

PLANNED_STAGES = frozenset(_STAGES.split())
