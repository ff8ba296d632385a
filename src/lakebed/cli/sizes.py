"""Bytes and counts for people."""

from __future__ import annotations


def counted(count: int, thing: str) -> str:
    """A count and its thing, in the plural when it is not one.

    >>> counted(1, "row"), counted(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def size_text(size_bytes: float) -> str:
    """Decimal units, three digits.

    >>> size_text(999), size_text(1234567), size_text(2_000_000_000)
    ('999 B', '1.23 MB', '2.00 GB')
    """
    if size_bytes < 1000:
        return f"{size_bytes:.0f} B"
    unit = ""
    for unit in ("kB", "MB", "GB", "TB", "PB"):  # noqa: B007 - the last one stands for all larger
        size_bytes /= 1000
        if size_bytes < 999.5:
            break
    digits = 2 if size_bytes < 9.995 else 1 if size_bytes < 99.95 else 0
    return f"{size_bytes:.{digits}f} {unit}"
