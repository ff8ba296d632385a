from __future__ import annotations

import contextlib
import json
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakebed.ingest.discovery import limits
from lakebed.ingest.discovery.notification import (
    NoticedObject,
    Notification,
    RefusedNotificationError,
    read_notification,
)

Json = dict[str, Any]

ETAG = "d41d8cd98f00b204e9800998ecf8427e"
SECOND = 1_000_000_000
MADE = 1_767_323_045 * SECOND  # 2026-01-02T03:04:05Z


def s3_record(key: str = "web/a.gz", *, name: str = "ObjectCreated:Put", version: str = "2.1", **object_: Any) -> Json:
    return {
        "eventVersion": version,
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-01-02T03:04:05.678Z",
        "eventName": name,
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {"name": "logs", "arn": "arn:aws:s3:::logs"},
            "object": {"key": key, "size": 7, "eTag": ETAG, "sequencer": "0055AED6DCD90281E5", **object_},
        },
    }


def direct(*records: Json) -> str:
    return json.dumps({"Records": list(records)})


def through_sns(message: str) -> str:
    told = {"Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:us-east-1:1:t", "Message": message}
    return json.dumps(told)


def eventbridge(key: str = "web/a.gz", *, kind: str = "Object Created", **detail: Any) -> str:
    inside = {"bucket": {"name": "logs"}, "object": {"key": key, "size": 7, "etag": ETAG}, **detail}
    event = {"version": "0", "detail-type": kind, "source": "aws.s3", "time": "2026-01-02T03:04:05Z", "detail": inside}
    return json.dumps(event)


def noticed(key: str = "web/a.gz") -> NoticedObject:
    return NoticedObject("logs", key, 7, f'"{ETAG}"', MADE)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(direct(s3_record()), id="direct"),
        pytest.param(direct(s3_record(version="2.6")), id="a later version"),
        pytest.param(direct(s3_record(name="ObjectCreated:CompleteMultipartUpload")), id="in parts"),
        pytest.param(direct(s3_record(name="s3:ObjectCreated:Copy")), id="as some servers name it"),
        pytest.param(through_sns(direct(s3_record())), id="through SNS"),
        pytest.param(through_sns(through_sns(direct(s3_record()))), id="through SNS twice"),
        pytest.param(eventbridge(), id="EventBridge"),
        pytest.param(through_sns(eventbridge()), id="EventBridge through SNS"),
        pytest.param(direct(s3_record()).encode(), id="bytes"),
    ],
)
def test_every_shape_tells_of_the_same_object(body: str | bytes) -> None:
    assert read_notification(body) == Notification((noticed(),))


def test_several_records_and_those_that_are_nothing_to_do() -> None:
    body = direct(s3_record("a"), s3_record("b", name="ObjectRemoved:Delete"), s3_record("c"), s3_record("folder/"))
    assert read_notification(body) == Notification((noticed("a"), noticed("c")), ignored=2)


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "t", "Bucket": "logs"}),
        direct(s3_record(name="ObjectRemoved:DeleteMarkerCreated")),
        direct(s3_record(name="ObjectRestore:Completed")),
        eventbridge(kind="Object Deleted"),
        eventbridge("folder/"),
    ],
)
def test_nothing_to_do(body: str) -> None:
    assert read_notification(body) == Notification(ignored=1)


def test_no_records_at_all() -> None:
    assert read_notification(direct()) == Notification()


def test_keys_are_decoded_where_they_are_encoded() -> None:
    assert read_notification(direct(s3_record("a+b%2Fc%2Bd%C3%A4.gz"))).objects[0].key == "a b/c+dä.gz"
    assert read_notification(eventbridge("a+b%2Fc.gz")).objects[0].key == "a+b%2Fc.gz"


def test_what_may_be_missing() -> None:
    record = s3_record()
    del record["s3"]["object"]["size"], record["s3"]["object"]["eTag"], record["eventTime"]
    assert read_notification(direct(record)).objects == (NoticedObject("logs", "web/a.gz", None, None, None),)
    strange = s3_record(size=-1, eTag='"><script>')
    strange["eventTime"] = "yesterday"
    assert read_notification(direct(strange)).objects == (NoticedObject("logs", "web/a.gz", None, None, None),)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "wanted an object of JSON, found an array"),
        ("17", "wanted an object of JSON, found a number"),
        ("{}", "no notification of S3: neither `Records` nor an event of EventBridge"),
        ('{"Records": {}}', "no notification of S3: neither `Records` nor an event of EventBridge"),
        ('{"Records": [1]}', "wanted an object of JSON in record 0, found a number"),
        ('{"Type": "Notification"}', "wanted a text in SNS' `Message`, found nothing"),
        (through_sns("hello"), "not JSON"),
        (through_sns(through_sns(through_sns("{}"))), "messages within messages, more than 3 deep"),
        (direct(s3_record(version="3.0")), "record 0 is no event of S3, version 2"),
        (direct(s3_record(), s3_record() | {"eventSource": "aws:sqs"}), "record 1 is no event of S3, version 2"),
        (direct(s3_record() | {"eventName": None}), "wanted a text in `eventName` of record 0, found nothing"),
        (direct(s3_record() | {"s3": []}), "wanted an object of JSON in `s3` of record 0, found an array"),
        (direct(s3_record("")), "record 0 has no key of an object"),
        (direct(s3_record("a/../../etc/passwd")), "the key in record 0 is none that can be read"),
        (direct(s3_record("a%00b")), "the key in record 0 is none that can be read"),
        (direct(s3_record("a%FFb")), "the key in record 0 is no UTF-8"),
        (direct(s3_record("x" * 9000)), "record 0 has no key of an object"),
        (eventbridge(bucket={"name": "../x"}), "`detail` has no name of a bucket"),
        (eventbridge("a\x00b"), "the key in `detail` is none that can be read"),
    ],
)
def test_what_is_refused(body: str | bytes, reason: str) -> None:
    with pytest.raises(RefusedNotificationError) as caught:
        read_notification(body)
    assert str(caught.value) == reason


def test_a_message_may_not_be_too_long() -> None:
    body = direct(s3_record()) + " " * limits.NOTIFICATION_BYTES_MAX
    with pytest.raises(RefusedNotificationError, match="at most 1048576 are read"):
        read_notification(body)


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
jsons = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner))


def _replace_somewhere(value: Any, at: int, by: Any) -> tuple[Any, int]:  # Any: JSON
    """The value with its `at`th part (counted depth first) replaced; and how many parts it has."""
    if at == 0:
        return by, 1
    count = 1
    if isinstance(value, dict):
        changed = {}
        for name, inner in value.items():
            changed[name], parts = _replace_somewhere(inner, at - count, by)
            count += parts
        return changed, count
    if isinstance(value, list):
        items = []
        for inner in value:
            item, parts = _replace_somewhere(inner, at - count, by)
            items.append(item)
            count += parts
        return items, count
    return value, count


@given(st.sampled_from([direct(s3_record()), eventbridge(), through_sns(direct(s3_record()))]), st.data())
def test_messages_with_a_part_replaced_are_read_or_refused(body: str, data: st.DataObject) -> None:
    whole = json.loads(body)
    _, parts = _replace_somewhere(whole, -1, None)
    changed, _ = _replace_somewhere(whole, data.draw(st.integers(0, parts - 1)), data.draw(jsons))
    found = Notification()
    with contextlib.suppress(RefusedNotificationError):
        found = read_notification(json.dumps(changed))
    for one in found.objects:
        assert one.key
        assert "\0" not in one.key
        assert ".." not in one.key.split("/")


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_garbage_is_refused(body: str | bytes) -> None:
    with contextlib.suppress(RefusedNotificationError):
        assert read_notification(body) == Notification()


@given(
    st.lists(
        st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1), min_size=1
    )
)
def test_any_key_comes_back(parts: list[str]) -> None:
    key = "/".join(parts)
    if any(part in {".", ".."} for part in parts):
        return
    assert read_notification(direct(s3_record(quote_plus(key)))).objects[0].key == key
    assert read_notification(eventbridge(key)).objects[0].key == key
