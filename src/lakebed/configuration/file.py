"""The text of a `lakebed.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed import config
from lakebed.configuration.problems import config_error
from lakebed.errors import UsageError
from lakebed.toml_file import TomlFault, parse_toml

if TYPE_CHECKING:
    from pathlib import Path

    from lakebed.toml_file import Toml


def read_toml(file: Path) -> Toml:
    """The text of a file as TOML. Raises `ConfigError`, and `UsageError` when it cannot be read."""
    try:
        with file.open("rb") as opened:
            data = opened.read(config.CONFIG_BYTES_MAX + 1)
    except OSError as error:
        raise UsageError(f"cannot read '{file}': {(error.strerror or 'system error').lower()}") from error
    if len(data) > config.CONFIG_BYTES_MAX:
        raise config_error(str(file), [(1, f"the file is larger than {config.CONFIG_BYTES_MAX:,} bytes")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise config_error(str(file), [(data[: error.start].count(10) + 1, "not UTF-8")]) from error
    toml = parse_toml(text)
    if isinstance(toml, TomlFault):
        column = "" if toml.column is None else f", column {toml.column}"
        raise config_error(str(file), [(toml.line, f"not TOML: {toml.message}{column}")])
    return toml
