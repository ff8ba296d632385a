"""The command line: `lakebed index`, `lakebed search`. One file per command in `commands/`.

Exit codes: 0 found or done, 1 nothing found, 2 error, 3 partial, 130 cancelled.
"""

from __future__ import annotations

from lakebed.cli.program import main

__all__ = ["main"]
