"""Where lakes, sources and state are: URLs and paths, those joined to the folder of the file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from lakebed.configuration import readers
from lakebed.errors import LakebedError
from lakebed.secret import HOW, Secret
from lakebed.storage.open import open_store, path_of_file_url, url_scheme
from lakebed.transform.place import described

if TYPE_CHECKING:
    from lakebed.configuration.value import Value

_STATE_URL = re.compile(r"(?:sqlite|postgresql)(?:\+[a-z0-9]+)?://.*", re.DOTALL)


def store_url(value: Value) -> str:
    """The URL or path of a store."""
    found = readers.text(value)
    scheme = url_scheme(found)
    if scheme is None:
        return str(value.surroundings.folder / Path(found).expanduser())
    if "@" in found.partition("://")[2].partition("/")[0]:
        value.fail("a URL with credentials in it: they come from the environment, as the clouds' own tools have it")
    if "?" in found and scheme != "file" and re.search(r"[?&](?:sig|X-Amz-|AWSAccessKeyId)", found):
        value.fail("a signed URL: credentials come from the environment, as the clouds' own tools have it")
    try:
        if scheme == "file":
            path_of_file_url(found)
        else:
            open_store(found)
    except LakebedError as error:
        value.fail(str(error))
    return found


def state_url(value: Value) -> str | Secret:
    """A path for SQLite, or the URL of a database without its password, or where that URL stands."""
    found = readers.text(value)
    if readers.is_reference(found):
        return readers.secret(value)
    if url_scheme(found) is None:
        return str(value.surroundings.folder / Path(found).expanduser())
    if readers.has_password(found) or "password=" in found:
        value.fail(f"a URL with a password in it: {HOW}")
    if not _STATE_URL.fullmatch(found):
        value.fail(f'wanted a path or "postgresql+psycopg://…", found {described(found)}')
    return found
