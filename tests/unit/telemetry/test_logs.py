"""Log lines: whole ones, harmless, without secrets, in one shape for all."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import structlog

from lakebed.telemetry.logs import configure

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 1_790_000_000.25
TIME = "2026-09-21T14:13:20.250Z"


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = list(logging.getLogger().handlers)
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = before


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def logged(*secrets: str, **details: object) -> dict[str, object]:
    """What becomes of the details of an event."""
    stream = io.StringIO()
    configure(stream=stream, secrets=secrets, clock=lambda: NOW).info("told", **details)
    [line] = lines(stream)
    assert {name: line.pop(name) for name in ("time", "level", "event")} == {
        "time": TIME,
        "level": "info",
        "event": "told",
    }
    return line


def test_a_line_is_json_with_its_time_first() -> None:
    stream = io.StringIO()
    log = configure(stream=stream, clock=lambda: NOW)
    log.warning("failed", source="web", tries=3, lag_s=1.5, url=None, ok=True)
    log.debug("not told")
    assert stream.getvalue() == (
        f'{{"time":"{TIME}","level":"warning","event":"failed","source":"web","tries":3,"lag_s":1.5,"url":null,"ok":true}}\n'
    )


def test_a_line_for_people() -> None:
    stream = io.StringIO()
    log = configure("text", stream=stream, clock=lambda: NOW)
    log.info("indexed", objects=3, sources=["a", "b"], reason="two words", empty="")
    assert stream.getvalue() == (
        f'{TIME} info    indexed objects=3 sources="[\\"a\\",\\"b\\"]" reason="two words" empty=""\n'
    )


def test_what_a_terminal_would_obey_is_shown_and_long_texts_are_cut() -> None:
    assert logged(url="s3://b/\x1b[2J\r\nfake line\u202e\udcff", long="x" * 5_000, many=list(range(100))) == {
        "url": "s3://b/\\x1b[2J\\r\\nfake line\\u202e\\udcff",
        "long": "x" * 1_000 + "…",
        "many": list(range(50)),
    }
    assert logged(
        **{"na\nme": {"in\x1bner": [{"deep": {"er": {"est": "\x07"}}}]}, "bytes": b"\0", "error": ValueError("a\nb")}
    ) == {
        "na\\nme": {"in\\x1bner": [{"deep": {"er": "{'est': '\\x07'}"}}]},
        "bytes": "b'\\x00'",
        "error": "a\\nb",
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://lake:s3cr3t@db/x", "postgresql://lake:***@db/x"),
        ("https://h/p?X-Amz-Signature=abc123&b=1", "https://h/p?X-Amz-Signature=***&b=1"),
        ("az://c?sig=a%2Fb&se=1", "az://c?sig=***&se=1"),
        ("sent Authorization: Bearer abcdef.123", "sent Authorization: Bearer ***"),
        ("Splunk 11111111-2222-3333", "Splunk ***"),
        ("token=abc password=def", "token=*** password=***"),
        ("s3://bucket/key@2024:01:02", "s3://bucket/key@2024:01:02"),
        ("the basic idea", "the basic idea"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert logged(text=text) == {"text": shown}
    assert logged(error=ValueError(text)) == {"error": shown}


def test_secrets_that_are_known_are_hidden_wherever_they_stand() -> None:
    assert logged("hunter2hunter2", "abc", url="x-hunter2hunter2-y abc", d={"hunter2hunter2": ["hunter2hunter2"]}) == {
        "url": "x-***-y abc",
        "d": {"***": ["***"]},
    }


def test_what_stands_under_the_name_of_a_secret_is_hidden() -> None:
    found = logged(
        token="abc", client_secret="abc", headers={"Authorization": "x", "Accept": "y"}, api_key=["a"], tokens=3
    )
    assert found == {
        "token": "***",
        "client_secret": "***",
        "headers": {"Authorization": "***", "Accept": "y"},
        "api_key": "***",
        "tokens": 3,
    }


def test_loggers_of_libraries_go_the_same_way() -> None:
    stream = io.StringIO()
    configure(stream=stream, secrets=["hunter2hunter2"], clock=lambda: NOW)
    configure(stream=stream, secrets=["hunter2hunter2"], clock=lambda: NOW)  # once more writes no line twice
    library = logging.getLogger("some.library")
    library.warning("cannot reach %s\n", "https://u:pass@h/ hunter2hunter2")
    library.info("not told")
    try:
        raise ValueError("bad\x1b")
    except ValueError:
        library.exception("it broke")
    first, second = lines(stream)
    assert first == {
        "time": TIME,
        "level": "warning",
        "event": "cannot reach https://u:***@h/ ***\\n",
        "logger": "some.library",
    }
    assert (second["event"], second["level"]) == ("it broke", "error")
    assert str(second["exception"]).startswith("Traceback (most recent call last):\\n")
    assert str(second["exception"]).endswith("ValueError: bad\\x1b")


def test_a_stream_that_is_gone_stops_nobody() -> None:
    stream = io.StringIO()
    log = configure(stream=stream)
    stream.close()
    log.info("told")
    logging.getLogger("some.library").error("told")


def test_lines_of_many_threads_stay_whole() -> None:
    stream = io.StringIO()
    log = configure(stream=stream)

    def tell(number: int) -> None:
        for _ in range(50):
            log.info("told", number=number, text="x" * 500)

    threads = [threading.Thread(target=tell, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(line["number"] for line in lines(stream)) == dict.fromkeys(range(8), 50)
