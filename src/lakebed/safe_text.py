r"""Makes text from logs harmless for a terminal: a log line must not move the cursor, change the title or hide itself.

What is shown instead is the escape that a programmer would write: `\x1b`, `\n`, `\u202e`. Only for people's eyes; data
for programs (jsonl, csv) is never changed.
"""

from __future__ import annotations

import re

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SUSPECT = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: escape sequences begin with these
    "\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # bidirectional overrides, invisible
    "\ud800-\udfff"  # lone surrogates cannot be printed at all
    "\U000e0000-\U000e0fff"  # invisible tags
    "]"
)


def safe_text(text: str) -> str:
    r"""The text with everything replaced that a terminal would obey or hide.

    >>> safe_text("\x1b[2Jgone"), safe_text("a\nb"), safe_text("\u202etxt.exe")
    ('\\x1b[2Jgone', 'a\\nb', '\\u202etxt.exe')
    """
    return _SUSPECT.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    found = match[0]
    if found in _SHORT:
        return _SHORT[found]
    code = ord(found)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
