"""What a cloud's store answers, as our errors.

obstore's messages are a dump of nested errors with whole replies; the useful part is short, and is found by its text:
there is no other place for it. Nothing is quoted that may hold a secret: headers, signed URLs, whole replies.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from obstore import exceptions

from lakebed.errors import (
    AlreadyExistsError,
    ChangedError,
    LakebedError,
    NotFoundError,
    StorageError,
    TransientStorageError,
)

if TYPE_CHECKING:
    from typing import NoReturn

_PASSING = {408, 409, 425, 429}
"""Statuses of the 400 kind that say "later", not "wrong"."""

_DENIED = "permission denied; check the credentials and the bucket's policy"

_NO_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_NO_SIGN_REQUEST=1 for a bucket that is open to all",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}

_METADATA_SERVICES = ("169.254.169.254", "169.254.170.2", "metadata.google.internal")
"""Where a machine in a cloud gets credentials; asked last, when the environment has none."""

_CODES = {
    "NoSuchBucket": "there is no such bucket",
    "InvalidAccessKeyId": _DENIED,
    "SignatureDoesNotMatch": _DENIED,
    "ExpiredToken": "the credentials have expired",
    "RequestTimeTooSkewed": "this machine's clock differs too much from the store's",
}
"""Codes in S3's replies that people should not have to look up."""

_OTHER_REGION = "the bucket is in another region; set AWS_REGION"

_FINAL = {_DENIED, _OTHER_REGION, *_CODES.values()}
"""Asking again does not help."""


class remote_errors:  # noqa: N801 - reads as a statement
    """Turns obstore's errors inside a `with` block into ours. A class, not a generator: every read enters it."""

    def __init__(self, action: str, key: str, url: str) -> None:
        self._action, self._key, self._url = action, key, url

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, LakebedError):
            self._raise(error)

    def _raise(self, error: Exception) -> NoReturn:
        wanted = f"cannot {self._action} '{self._key}' in '{self._url}'"
        if isinstance(error, FileNotFoundError):
            raise NotFoundError(f"{wanted}: it is not there") from error
        if isinstance(error, exceptions.AlreadyExistsError):
            raise AlreadyExistsError(f"'{self._key}' is already in '{self._url}'") from error
        if isinstance(error, exceptions.PreconditionError):
            if self._action == "create":
                raise AlreadyExistsError(f"'{self._key}' is already in '{self._url}'") from error
            raise ChangedError(f"{wanted}: it was replaced since it was listed") from error
        status = _status(error)
        is_final = status is not None and 400 <= status < 500 and status not in _PASSING
        reason = _no_credentials(error, self._url) or error_reason(error)
        if isinstance(error, exceptions.GenericError | OSError) and not is_final and reason not in _FINAL:
            raise TransientStorageError(f"{wanted}: {reason}") from error
        if isinstance(error, exceptions.BaseError | OSError | ValueError):
            raise StorageError(f"{wanted}: {reason}") from error
        raise error


def _no_credentials(error: Exception, url: str) -> str:
    """What to set, when a machine's own credentials were asked for and there were none."""
    if any(host in str(error) for host in _METADATA_SERVICES):
        return f"no credentials found; set {_NO_CREDENTIALS.get(url.partition(':')[0], 'them in the environment')}"
    return ""


def error_reason(error: Exception) -> str:
    """Why a request failed, in words for people."""
    text = str(error)
    if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
        return _DENIED
    code = re.search(r"<Code>(\w+)</Code>", text)
    if code and code[1] in _CODES:
        return _CODES[code[1]]
    status = _status(error)
    if status in {401, 403}:
        return _DENIED
    if "incorrectly configured region" in text:
        return _OTHER_REGION
    if code or status:
        return f"the store answered {status or ''} {code[1] if code else ''}".replace("  ", " ").strip()
    if "onnect" in text or "dns error" in text:
        found = re.search(r"Error performing \w+ (https?://[^/\s@]+)/", text)
        return f"cannot connect to '{found[1]}'" if found else "cannot connect to the store"
    if "imedOut" in text or "timed out" in text:
        return "the request took too long"
    return " ".join(text.split("\n\n", maxsplit=1)[0].split())[:200]


def _status(error: Exception) -> int | None:
    """The HTTP status in obstore's text."""
    found = re.search(r"status(?: code)?:? (\d{3})", str(error))
    return int(found[1]) if found else None
