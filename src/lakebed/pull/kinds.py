"""The kinds of sources that are pulled. A new one is a file of its own and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lakebed.pull.connector import Connector
    from lakebed.pull.fetch import World
    from lakebed.pull.options import CommonOptions

KINDS = ("okta", "github", "rest")


def check_options(kind: str, options: Mapping[str, object]) -> CommonOptions:
    """The options of a source of that kind. Makes no request. Raises `UsageError`."""
    try:
        from lakebed.pull.github import GithubOptions
        from lakebed.pull.okta import OktaOptions
        from lakebed.pull.options import convert_options
        from lakebed.pull.rest import RestOptions
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "urllib3":
            raise
        raise UsageError("asking services wants a package more: pip install 'lakebed[server]'") from error

    kinds: dict[str, type[CommonOptions]] = {"okta": OktaOptions, "github": GithubOptions, "rest": RestOptions}
    if kind not in kinds:
        raise UsageError(f"a source of kind '{kind}' is not pulled; these are: {', '.join(KINDS)}")
    return convert_options(kinds[kind], options)


def make_connector(options: CommonOptions, world: World) -> Connector:
    """The connector for checked options."""
    from lakebed.pull.github import GithubConnector, GithubOptions
    from lakebed.pull.okta import OktaConnector, OktaOptions
    from lakebed.pull.rest import RestConnector, RestOptions

    match options:
        case OktaOptions():
            return OktaConnector(options, world)
        case GithubOptions():
            return GithubConnector(options, world)
        case RestOptions():
            return RestConnector(options, world)
        case _:
            raise AssertionError(f"no connector for {type(options).__name__}")
