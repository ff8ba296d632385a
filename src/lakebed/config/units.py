"""Units of sizes."""

from __future__ import annotations

MIB = 1024 * 1024
