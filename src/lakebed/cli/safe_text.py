"""Text from logs, harmless for a terminal; what that means is in `lakebed/safe_text.py`."""

from __future__ import annotations

from lakebed.safe_text import safe_text

__all__ = ["safe_text"]
