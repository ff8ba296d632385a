"""A receiver for the tests of its endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.receive.serving import NOW, Running, receiving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with receiving(tmp_path / "lake", clock=lambda: NOW) as found:
        yield found
