"""Completion within the indexes that the text names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.query.complete_indexes import indexes_around
from tests.logs import event, write_log

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("marked", "names"),
    [
        ("^", None),
        ("error ^", None),
        ("@index=web ^", ("web",)),
        ("@index:web user: ^", ("web",)),
        ("@INDEX=web ^", None),
        ("^ @index=web", ("web",)),
        ("user: ^ and (@index=('web' \"au th\") error) | head 5", ("web", "au th")),
        ("@index=web a ~ /@index=(x|y)/ ^", ("web",)),
        ('@index={ 12 | "web" } error | groupbycount(^)', ("web",)),
        ("@index=* ^", None),
        ("@index=(web ^", None),
        ("@index=web | where a: ^", ("web",)),
        ("@index=web | stats count(if(a == 1, ^", ("web",)),
        ("@index=web | join user (^", None),
        ("@index=web | join user (@index=hr name: ^", ("hr",)),
        ("@index=web | join user (name: ^ @index=hr) | head 3", ("hr",)),
        ("@index=web | join user (@index=hr (a or b)) | where x: ^", ("web",)),
        ("@index=web | union (@index=auth error | head 5), (a: ^)", None),
        ("error | union (@index=auth error), (@index=vpn a: ^)", ("vpn",)),
        ("a: ^ | union (@index=auth error)", None),
        ("a: 'never closed ^", None),
    ],
)
def test_indexes_around(marked: str, names: tuple[str, ...] | None) -> None:
    place = marked.index("^")
    assert indexes_around(marked.replace("^", ""), place) == names


def test_fields_and_values_are_those_of_the_indexes(tmp_path: Path) -> None:
    lake = lakebed.open(str(tmp_path / "lake"))
    for name in ("web", "auth", "vpn"):
        log = write_log(tmp_path / f"{name}.json", [event(0, **{f"of_{name}": 1, "who": f"{name}-user"})])
        lake.index(log, into=name)

    def offered(text: str, index: list[str] | None = None) -> set[str]:
        return {one.text for one in lake.complete(text, index=index).suggestions}

    assert offered("of_") == {"of_web", "of_auth", "of_vpn"}
    assert offered("@index=auth of_") == {"of_auth"}
    assert offered("@index:(auth web) of_") == {"of_auth", "of_web"}
    assert offered("@index=auth | groupbycount(of_") == {"of_auth"}
    assert offered("@index=auth who: ") == {"auth-user"}
    assert offered("who: ") == {"web-user", "auth-user", "vpn-user"}
    assert offered("@index=(auth web) of_", ["web", "vpn"]) == {"of_web"}
    assert offered("@index=auth of_", ["web"]) == set()
    assert offered("@index=nothing of_") == set()
