"""Turns a URL or a path into a store.

Settings come from the environment, named as the clouds' own tools name them: `AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL`, `GOOGLE_APPLICATION_CREDENTIALS`,
`AZURE_STORAGE_ACCOUNT_NAME`, `AZURE_STORAGE_ACCOUNT_KEY`. obstore reads them; what it does not know is done here.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lakebed import config
from lakebed.errors import UsageError
from lakebed.storage.local import LocalStore

if TYPE_CHECKING:
    from obstore.store import ClientConfig, MemoryStore, RetryConfig, S3Config, S3Store

    from lakebed.storage.store import Store

SCHEMES = ("file", "s3", "gs", "az", "memory")

_BUCKET = re.compile(r"[A-Za-z0-9_.-]+")
_ENDPOINT = re.compile(r"https?://[A-Za-z0-9_.\-\[\]:]+(/[A-Za-z0-9_.~/-]*)?")

_memory: dict[str, MemoryStore] = {}


def open_store(url: str) -> Store:
    """Opens the store at `url`: a path, `file://`, `s3://bucket/prefix`, `gs://…`, `az://container/prefix`, `memory://`.

    Makes no request: a store that is not there shows with the first one. Raises `UsageError` for a URL of another kind.

    >>> open_store("/var/lib/lake").url
    'file:///var/lib/lake'
    """
    scheme = url_scheme(url)
    if scheme is None:
        return LocalStore(Path(url).expanduser())
    if scheme == "file":
        return LocalStore(path_of_file_url(url))
    if scheme == "memory":
        return _open_memory(url)
    if scheme not in SCHEMES:
        raise UsageError(f"cannot open '{url}': wanted a path or one of {', '.join(s + '://' for s in SCHEMES)}")
    return _open_cloud(scheme, url)


def url_scheme(url: str) -> str | None:
    """The scheme in lower case, None for a plain path.

    >>> url_scheme("S3://logs/a"), url_scheme("/tmp/a")
    ('s3', None)
    """
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", url)
    return found[1].lower() if found else None


def path_of_file_url(url: str) -> Path:
    """The path that a `file://` URL names. Raises `UsageError` when it names another host."""
    parts = urlsplit(url)
    if parts.netloc not in {"", "localhost"}:
        raise UsageError(f"cannot open '{url}': a file URL of another host; did you mean 'file:///{parts.netloc}…'?")
    return Path(unquote(parts.path))


def _open_memory(url: str) -> Store:
    from obstore.store import MemoryStore

    from lakebed.storage.remote import RemoteStore

    return RemoteStore(_memory.setdefault(url.rstrip("/"), MemoryStore()), url)


def _open_cloud(scheme: str, url: str) -> Store:
    from obstore import exceptions, store

    from lakebed.storage.remote import RemoteStore
    from lakebed.storage.retry import RetryStore

    bucket, _, prefix = url.split("://", 1)[1].partition("/")
    if not _BUCKET.fullmatch(bucket):
        raise UsageError(f"cannot open '{url}': wanted {scheme}://bucket/prefix")
    client: ClientConfig = {"timeout": f"{config.REQUEST_TIMEOUT_S}s", "connect_timeout": "5s"}
    retry: RetryConfig = {"max_retries": config.STORE_RETRIES}
    path = prefix.strip("/") or None
    try:
        if scheme == "s3":
            return RetryStore(RemoteStore(_open_s3(bucket, path, client, retry), url), retries=1)
        if scheme == "gs":
            gcs = store.GCSStore(bucket, prefix=path, client_options=client, retry_config=retry)
            return RetryStore(RemoteStore(gcs, url), retries=1)
        azure = store.AzureStore(bucket, prefix=path, client_options=client, retry_config=retry)
        return RetryStore(RemoteStore(azure, url), retries=1)
    except (exceptions.BaseError, ValueError) as error:
        reason = " ".join(str(error).split("\n\n")[0].split())[:200]
        raise UsageError(f"cannot open '{url}': {reason}") from error


def _s3_endpoint() -> str:
    """The server to use instead of AWS; obstore panics on one that is no URL."""
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        endpoint = os.environ.get(name, "")
        if not endpoint:
            continue
        if not _ENDPOINT.fullmatch(endpoint):
            raise UsageError(f"{name} is not the URL of a server; wanted such as 'https://host:9000'")
        return endpoint
    return ""


def _open_s3(bucket: str, prefix: str | None, client: ClientConfig, retry: RetryConfig) -> S3Store:
    from obstore.store import S3Store

    endpoint = _s3_endpoint()
    settings: S3Config = {}
    if endpoint:
        settings["endpoint"] = endpoint
    if endpoint.startswith("http://"):
        client["allow_http"] = True
    if not (os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")):
        settings["region"] = "us-east-1"
    if os.environ.get("AWS_NO_SIGN_REQUEST", "").lower() in {"1", "true", "yes"}:
        settings["skip_signature"] = True
    return S3Store(bucket, prefix=prefix, client_options=client, retry_config=retry, config=settings)
