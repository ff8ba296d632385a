"""Limits of transforms, and why."""

from __future__ import annotations

from lakebed.config import MIB

TRANSFORM_BYTES_MAX = MIB
"""Of a TOML file; people write some hundred lines."""

STEPS_MAX = 200
"""Steps of one file. The engine takes 1,000 in all, and one may become several, as `normalize` does."""

ENGINE_STEPS_MAX = 1_000
"""Steps that the engine runs, of all files together."""

NAMES_MAX = 1_000
"""Names in one step; the engine sets at most as many fields in one."""

NAME_KEYS_MAX = 32
"""Keys of a name such as `a.b.c`: deeper than any event that people read."""

MASK_KEY_CHARACTERS_MIN = 16
"""Shorter keys of masks are guessed, and whose key is known, a value is found by trying all names of a company."""

INDICATORS_MAX = 1_000_000
"""Indicators of one file of threats, which is as many as rows of a lookup table."""

INDICATOR_CHARACTERS_MAX = 8_192
"""Longest indicator, which is a URL; proxies and browsers take none that is longer."""

INDICATORS_BYTES_MAX = 128 * MIB
"""Of a file of threats; an indicator of STIX takes half a kilobyte."""
