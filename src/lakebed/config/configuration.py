"""Limits of a lakebed.toml."""

from __future__ import annotations

from lakebed.config.units import MIB

CONFIG_BYTES_MAX = MIB
"""Of a lakebed.toml: a thousand sources take a quarter of it."""

CONFIG_PROBLEMS_SHOWN = 50
"""What is wrong with a file is listed up to here; the rest mostly follows from it."""

CONFIG_NAME_SHOWN = 40
"""Characters of a key that an error repeats."""

CONFIG_SOURCES_MAX = 1_000
"""Sources of one file: each is compiled when it is read, and has threads and metrics of its own."""
