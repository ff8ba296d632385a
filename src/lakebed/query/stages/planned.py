"""Names that the language reserves for what is not built yet, so that using one gives an honest
error."""

from __future__ import annotations

_STAGES = """
join
union unroll
"""

PLANNED_STAGES = frozenset(_STAGES.split())
