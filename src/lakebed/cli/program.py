"""Starts commands, and turns what they end with into an exit code and a message without a traceback.

A command is a module in `commands/` with a function of its name that returns an exit code. It is imported when it is
called, so that `lakebed search` does not wait for what `lakebed index` needs.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from typing import TYPE_CHECKING, NoReturn

from cyclopts import App, CycloptsError, MissingArgumentError, UnusedCliTokensError

from lakebed.cli import commands
from lakebed.cli.exit_codes import CANCELLED, ERROR, FOUND
from lakebed.configuration.find import VARIABLE
from lakebed.errors import LakebedError, UsageError
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIG_OPTION = "--config"

HELP = """Search years of logs that stay in your own buckets.

First steps:
  lakebed index /var/log/nginx/ --into web
  lakebed search 'status >= 500' --since 24h
  lakebed info

The lake is ./lake unless --lake, LAKEBED_LAKE or a lakebed.toml says otherwise: a folder, s3://bucket/prefix, gs://…,
az://… The lakebed.toml is that in the working directory, or that of --config FILE or LAKEBED_CONFIG, for all commands.
Credentials come from the environment, under the names that the clouds' own tools use.
`lakebed COMMAND --help` has options and examples.
"""


def main() -> NoReturn:
    """The `lakebed` command."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started us
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115 - until the process ends
    code = run(sys.argv[1:])
    if code == CANCELLED:
        os._exit(code)  # what is done is committed; a thread in the middle of a slow request must not hold the terminal
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Runs one command line and returns its exit code."""
    try:
        arguments = _take_config(arguments)
        code = make_app(is_help=not arguments or arguments[0] in {"--help", "-h"})(
            _without_dashes(arguments), exit_on_error=False, print_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        known = {found.name for found in pkgutil.iter_modules(commands.__path__)}
        command = f" {arguments[0]}" if arguments and arguments[0] in known else ""
        return _fail(_words(error), f"see `lakebed{command} --help`")
    except LakebedError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return CANCELLED
    except BrokenPipeError:
        _forget_stdout()
        return FOUND
    except OSError as error:  # the lake's own come as LakebedError
        _forget_stdout()
        return _fail(f"cannot write the answer: {(error.strerror or 'system error').lower()}")
    return code if isinstance(code, int) else FOUND


def make_app(*, is_help: bool = False) -> App:
    """The application with all commands; for the list of commands they are imported, to show what each is for."""
    app = App(
        name="lakebed",
        help=HELP,
        help_format="plaintext",
        version=_version,
        suppress_keyboard_interrupt=False,
    )
    app.register_install_completion_command()
    for found in pkgutil.iter_modules(commands.__path__):
        home = f"{commands.__name__}.{found.name}"
        if is_help:
            app.command(getattr(importlib.import_module(home), found.name), name=found.name)
        else:
            app.command(f"{home}:{found.name}", name=found.name)
    return app


def _take_config(arguments: Sequence[str]) -> list[str]:
    """Every command may be told `--config FILE`, which is as if the environment named it."""
    kept = list(arguments)
    end = kept.index("--") if "--" in kept else len(kept)
    for place, argument in enumerate(kept[:end]):
        name, is_joined, value = argument.partition("=")
        if name == CONFIG_OPTION:
            if not is_joined:
                value = kept[place + 1] if place + 1 < end else ""
            if not value:
                raise UsageError(f"{CONFIG_OPTION} wants a value")
            os.environ[VARIABLE] = value
            return kept[:place] + kept[place + (1 if is_joined else 2) :]
    return kept


def _without_dashes(arguments: Sequence[str]) -> list[str]:
    """A lone `-` is standard input to people, and an option without a name to the library."""
    return ["/dev/stdin" if argument == "-" else argument for argument in arguments]


def _words(error: CycloptsError) -> str:
    """What is wrong with the command line; the library's own words are for programmers in two cases."""
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"what is '{error.unused_tokens[0]}'? One argument is wanted: put quotes around all of it"
    if isinstance(error, MissingArgumentError) and error.argument is not None and not error.argument.tokens:
        return f"{error.argument.name} {'is missing' if error.argument.required else 'wants a value'}"
    return str(error)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("lakebed")
    except PackageNotFoundError:
        from lakebed.native import engine_version

        return engine_version


def _fail(message: str, hint: str = "") -> int:
    """Errors quote what they found, and that may come from a log."""
    lines = [safe_text(line) for line in message.splitlines()] or ["unknown error"]
    lines[0] = f"lakebed: {lines[0]}"
    sys.stderr.write("\n".join([*lines, *([hint] if hint else [])]) + "\n")
    return ERROR


def _forget_stdout() -> None:
    """The reader is gone, or its disk full. Python would complain again when it flushes at exit."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)
