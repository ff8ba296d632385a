"""What a message of a queue says of new objects: S3's own notifications, directly or through SNS or EventBridge.

Pure: text in, objects out. Whoever may write to the queue may write anything, so nothing of a message is believed
before it has been checked, and a message that means nothing is refused with a reason, never guessed at.

Traps that are taken care of: keys are encoded as forms are (a space is `+`), but not by EventBridge; events of
removals come beside those of creations; the first message of a new configuration has no records; SNS wraps the message
in a text, unless raw delivery is on; etags come without the quotes that a listing shows them with.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import unquote_plus

import msgspec

from lakebed.errors import IngestError, StorageError
from lakebed.ingest.discovery import limits
from lakebed.storage.store import check_key

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_ETAG = re.compile(r"[0-9A-Za-z+/=_-]{1,200}")
_LAYERS_MAX = 3
"""Texts within texts: SNS around S3's event is two, and one to spare (SNS fed by EventBridge fed by SNS)."""


class NoticedObject(msgspec.Struct, frozen=True):
    """An object that a notification tells of. `etag` is quoted as listings have it; None: the event has none."""

    bucket: str
    key: str
    size_bytes: int | None
    etag: str | None
    time_ns: int | None
    """When it was made, in whole seconds as listings tell it; None: not said."""


class Notification(msgspec.Struct, frozen=True):
    """What one message says: `objects` to look at, and how many records were about something else."""

    objects: tuple[NoticedObject, ...] = ()
    ignored: int = 0
    """Removals, restores, test events: nothing is to be done for them."""


class RefusedNotificationError(IngestError):
    """A message that is no notification; the text says why."""


def read_notification(body: str | bytes) -> Notification:
    """Reads the body of a message. Raises `RefusedNotificationError`.

    >>> read_notification('{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"logs"}')
    Notification(objects=(), ignored=1)
    """
    size = len(body)
    if size > limits.NOTIFICATION_BYTES_MAX:
        raise RefusedNotificationError(f"a message of {size} bytes; at most {limits.NOTIFICATION_BYTES_MAX} are read")
    content: str | bytes = body
    for _ in range(_LAYERS_MAX):
        message = _object_of(content)
        inner = _inside_sns(message)
        if inner is None:
            return _read(message)
        content = inner
    raise RefusedNotificationError(f"messages within messages, more than {_LAYERS_MAX} deep")


def _object_of(content: str | bytes) -> dict[str, Any]:  # Any: JSON of strangers, checked below
    try:
        message = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise RefusedNotificationError("not JSON") from error
    if not isinstance(message, dict):
        raise RefusedNotificationError(f"wanted an object of JSON, found {_kind(message)}")
    return cast("dict[str, Any]", message)


def _inside_sns(message: dict[str, Any]) -> str | None:
    """The text that SNS delivers; None when the message is not SNS' envelope."""
    if message.get("Type") != "Notification" or "Records" in message:
        return None
    inner = message.get("Message")
    if not isinstance(inner, str):
        raise RefusedNotificationError(f"wanted a text in SNS' `Message`, found {_kind(inner)}")
    return inner


def _read(message: dict[str, Any]) -> Notification:
    if message.get("source") == "aws.s3" and "detail-type" in message:
        return _read_eventbridge(message)
    if message.get("Event") == "s3:TestEvent":
        return Notification(ignored=1)
    records = message.get("Records")
    if not isinstance(records, list):
        raise RefusedNotificationError("no notification of S3: neither `Records` nor an event of EventBridge")
    objects: list[NoticedObject] = []
    for number, record in enumerate(records):
        found = _read_record(record, f"record {number}")
        if found is not None:
            objects.append(found)
    return Notification(tuple(objects), len(records) - len(objects))


def _read_record(record: object, place: str) -> NoticedObject | None:
    """The object of S3's own record; None when nothing is to be done for it."""
    known = _dict(record, place)
    version, name = known.get("eventVersion"), known.get("eventName")
    if known.get("eventSource") != "aws:s3" or not (isinstance(version, str) and version.startswith("2.")):
        raise RefusedNotificationError(f"{place} is no event of S3, version 2")
    if not isinstance(name, str):
        raise RefusedNotificationError(f"wanted a text in `eventName` of {place}, found {_kind(name)}")
    if not name.removeprefix("s3:").startswith("ObjectCreated:"):
        return None
    inside = _dict(known.get("s3"), f"`s3` of {place}")
    return _noticed(inside, "eTag", known.get("eventTime"), place, is_encoded=True)


def _read_eventbridge(message: dict[str, Any]) -> Notification:
    if message["detail-type"] != "Object Created":
        return Notification(ignored=1)
    detail = _dict(message.get("detail"), "`detail`")
    found = _noticed(detail, "etag", message.get("time"), "`detail`", is_encoded=False)
    return Notification((found,)) if found else Notification(ignored=1)


def _noticed(
    inside: dict[str, Any], etag_name: str, time: object, place: str, *, is_encoded: bool
) -> NoticedObject | None:
    """None for the empty objects that consoles make to show a folder."""
    bucket = _dict(inside.get("bucket"), f"`bucket` of {place}").get("name")
    told = _dict(inside.get("object"), f"`object` of {place}")
    key, size, etag = told.get("key"), told.get("size"), told.get(etag_name)
    if not isinstance(bucket, str) or not _BUCKET.fullmatch(bucket):
        raise RefusedNotificationError(f"{place} has no name of a bucket")
    if not isinstance(key, str) or not key or len(key) > limits.OBJECT_KEY_CHARACTERS_MAX:
        raise RefusedNotificationError(f"{place} has no key of an object")
    plain = _plain_key(key, place, is_encoded=is_encoded)
    if plain.endswith("/"):
        return None
    return NoticedObject(
        bucket,
        plain,
        size if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 1 << 63 else None,
        f'"{etag}"' if isinstance(etag, str) and _ETAG.fullmatch(etag) else None,
        _time_ns(time),
    )


def _plain_key(key: str, place: str, *, is_encoded: bool) -> str:
    try:
        plain = unquote_plus(key, errors="strict") if is_encoded else key
        plain.encode()
    except UnicodeError as error:
        raise RefusedNotificationError(f"the key in {place} is no UTF-8") from error
    try:
        check_key(plain.rstrip("/"))
    except StorageError as error:
        raise RefusedNotificationError(f"the key in {place} is none that can be read") from error
    return plain


def _time_ns(text: object) -> int | None:
    """The time in whole seconds: a listing has no more, and the same object should look alike on all roads."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
        seconds = int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
    return seconds * 1_000_000_000 if 0 <= seconds < 1 << 33 else None


def _dict(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RefusedNotificationError(f"wanted an object of JSON in {place}, found {_kind(value)}")
    return value


def _kind(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a text", int: "a number", float: "a number", bool: "a boolean"}
    return names.get(type(value), "nothing")
