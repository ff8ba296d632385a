"""Names that the language reserves for what is not built yet, so that using one gives an honest
error."""

from __future__ import annotations

_STAGES = """
dedup delta drop eval fields fieldsummary join limit lookup parse patterns percentile
rare rename sample sequence sort tail timechart top transaction union unroll var
"""

PLANNED_STAGES = frozenset(_STAGES.split())

_FUNCTIONS = """
earliest first last latest list median mode percentile rate stdev values var
"""

PLANNED_FUNCTIONS = frozenset(_FUNCTIONS.split())
