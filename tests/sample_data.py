"""Where the third-party samples are: real logs and rule packs, which are no part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def find_sample_data(told: str | None, here: Path) -> Path | None:
    """The folder that `told` names, else `shared/data` beside a folder above `here`; None where there is none.

    Raises `NotADirectoryError` when `told` names no folder: a test must not be skipped for a slip.
    """
    if told:
        if not Path(told).is_dir():
            raise NotADirectoryError(f"LAKEBED_TEST_DATA is '{told}', which is no folder")
        return Path(told)
    return next((p for p in (parent / "shared" / "data" for parent in here.parents) if p.is_dir()), None)


def sample_data() -> Path | None:
    """The folder for this run of the tests."""
    return find_sample_data(os.environ.get("LAKEBED_TEST_DATA"), REPOSITORY)
