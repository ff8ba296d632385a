"""Transforms by name, `ecs`, `ocsf` and TOML files, as what the engine takes: steps and tables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lakebed.errors import UsageError
from lakebed.query.suggest import did_you_mean
from lakebed.transform.computing import NORMAL_FORMS
from lakebed.transform.context import Context, Surroundings
from lakebed.transform.labels import label_steps
from lakebed.transform.limits import ENGINE_STEPS_MAX, TRANSFORM_BYTES_MAX
from lakebed.transform.place import Place
from lakebed.transform.reader import compile_step, compile_toml

if TYPE_CHECKING:
    from collections.abc import Mapping


def compile_transforms(
    names: tuple[str | os.PathLike[str], ...], surroundings: Surroundings, labels: Mapping[str, str] | None = None
) -> Context:
    """The steps, tables and notes of these transforms; labels come last."""
    if not names and not labels:
        raise UsageError("wanted the name of a transform, found none")
    context = Context(surroundings)
    for name in [os.fspath(name) for name in names]:
        if name in NORMAL_FORMS:
            compile_step({"normalize": name}, Place(name), context)
            continue
        path = Path(name).expanduser()
        context.folder = path.parent
        compile_toml(_read(path, name), name, context)
    if labels:
        context.steps += label_steps(labels)
        if len(context.steps) > ENGINE_STEPS_MAX:
            raise UsageError(f"the transforms have more than {ENGINE_STEPS_MAX:,} steps with the labels")
    context.notes += context.hiding.notes()
    return context


def program_bytes(context: Context) -> bytes:
    """The program as the engine takes it."""
    return msgspec.json.encode({"steps": context.steps})


def _read(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(TRANSFORM_BYTES_MAX + 1)
    except FileNotFoundError as error:
        if "." in name or "/" in name:
            raise UsageError(f"no transform '{name}': there is no such file") from error
        raise UsageError(f"no transform '{name}'{did_you_mean(name, NORMAL_FORMS)}") from error
    except OSError as error:
        raise UsageError(f"cannot read the transform '{name}': {(error.strerror or 'system error').lower()}") from error
