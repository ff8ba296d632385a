"""Sample logs are found, or missed aloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sample_data import find_sample_data


def test_sample_logs_are_found_or_missed_aloud(tmp_path: Path) -> None:
    inner, data = tmp_path / "a/b", tmp_path / "shared/data"
    inner.mkdir(parents=True)
    data.mkdir(parents=True)
    assert find_sample_data(None, inner) == data
    assert find_sample_data("", inner) == data
    assert find_sample_data(str(inner), inner) == inner
    assert find_sample_data(None, Path("nowhere")) is None
    with pytest.raises(NotADirectoryError, match=r"^LAKEBED_TEST_DATA is '.*/nowhere', which is no folder$"):
        find_sample_data(str(inner / "nowhere"), inner)
