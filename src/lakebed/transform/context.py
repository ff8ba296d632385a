"""What the steps of a transform are compiled with: files beside it, tables of the lake, keys; and what they add to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lakebed.errors import LakebedError
from lakebed.query.lookup.file import LookupFile, check_size
from lakebed.transform.hiding import Hiding
from lakebed.transform.limits import INDICATORS_BYTES_MAX

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Mapping

    from lakebed.query.plan import Node
    from lakebed.transform.place import Place


@dataclass(frozen=True)
class Surroundings:
    """What a transform may look at besides its text. `lookups` opens a lookup table of the lake, if there is one."""

    environment: Mapping[str, str] = field(repr=False)
    """It holds secrets."""
    now: datetime.datetime
    lookups: Callable[[str], LookupFile] | None = None


@dataclass(frozen=True)
class EngineTable:
    """A table as the engine takes it: what it is, and its bytes."""

    header: bytes
    data: bytes = field(repr=False)


@dataclass
class Context:
    """Collects what the steps of one transform become."""

    surroundings: Surroundings
    steps: list[Node] = field(default_factory=list, repr=False)
    tables: list[EngineTable] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What the user should know: indicators that are not used, keys that come twice."""
    hiding: Hiding = field(default_factory=Hiding)
    folder: Path = field(default_factory=Path)
    """Of the file that is compiled: names of files start there."""

    def add_table(self, header: Node, data: bytes) -> int:
        """The number of the table; one that is there already is used again."""
        table = EngineTable(msgspec.json.encode(header), data)
        if table not in self.tables:
            self.tables.append(table)
        return self.tables.index(table)

    def lookup_file(self, name: str, place: Place) -> LookupFile:
        """The file of a table beside the transform, else the lookup table of the lake."""
        path = self._path(name)
        is_there = path.is_file()
        if not is_there and self.surroundings.lookups is None:
            place.fail(f"no file '{path}', and there is no lake here whose lookup table it could be")
        try:
            if not is_there and self.surroundings.lookups is not None:
                file = self.surroundings.lookups(name)
            else:
                check_size(path.name, path.stat().st_size)
                file = LookupFile(path.name, path.read_bytes())
            file.check()
        except OSError as error:
            place.fail(f"cannot read '{path}': {(error.strerror or 'system error').lower()}")
        except LakebedError as error:
            place.fail(str(error) if is_there else f"no file '{path}', and {error}")
        return file

    def indicators(self, name: str, place: Place) -> bytes:
        """A file of threats beside the transform."""
        path = self._path(name)
        try:
            size = path.stat().st_size
            if size > INDICATORS_BYTES_MAX:
                place.fail(f"'{path}' has {size:,} bytes; a file of threats has at most {INDICATORS_BYTES_MAX:,}")
            return path.read_bytes()
        except OSError as error:
            place.fail(f"cannot read '{path}': {(error.strerror or 'system error').lower()}")

    def _path(self, name: str) -> Path:
        return self.folder / Path(name).expanduser()
