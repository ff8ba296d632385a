"""Services described in YAML: each way to page, to log in and to be told times; and descriptions that are wrong."""

from __future__ import annotations

import base64
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakebed.errors import LakebedError, PullError, UsageError
from lakebed.pull.kinds import check_options, make_connector
from lakebed.pull.rest_settings import parse_rest_settings
from tests.unit.pull.polling import Reader
from tests.unit.pull.services import START_MS, Asked, FakeTime, Reply, Service, iso, json_reply

if TYPE_CHECKING:
    from pathlib import Path

HOUR_MS = 3_600_000


class Pager(Service):
    """A service with events by time that pages as `style` says; `size` events on a page."""

    def __init__(self, style: str, **options: Any) -> None:
        super().__init__(**options)
        self.style = style
        self.size = 3
        self.events: list[dict[str, Any]] = []

    def add(self, number: int, time_ms: int) -> None:
        self.events.append({"id": f"e{number}", "n": number, "at": iso(time_ms)})

    def answer(self, asked: Asked) -> Reply:
        query = asked.query
        found = [
            event
            for event in self.events
            if query.get("from", "") <= event["at"] and ("to" not in query or event["at"] < query["to"])
        ]
        if self.style == "newest_first":
            found = sorted(found, key=lambda event: event["at"], reverse=True)
        at = {
            "page": (int(query.get("page", "1")) - 1) * self.size,
            "newest_first": (int(query.get("page", "1")) - 1) * self.size,
            "offset": int(query.get("offset", "0")),
        }.get(self.style, int(query.get("cursor", "0")))
        page = found[at : at + self.size]
        has_more = at + len(page) < len(found)
        after = str(at + len(page))
        told: dict[str, Any] = {"data": {"items": page}, "meta": {}}
        headers = {}
        match self.style:
            case "cursor":
                told["meta"] = {"next": after if has_more else None}
            case "more":
                told["meta"] = {"next": after, "has_more": has_more}
            case "url":
                rest = "&".join(f"{name}={value}" for name, value in query.items() if name != "cursor")
                told["meta"] = {"next": f"/logs?{rest}&cursor={after}" if has_more else ""}
            case "link" if has_more:
                headers["Link"] = f'</logs?cursor={after}&from={query.get("from", "")}>; rel="next"'
        return json_reply(told, headers=headers)


STYLES = {
    "cursor": "{type: cursor, cursor: meta.next, parameter: cursor}",
    "more": "{type: cursor, cursor: meta.next, parameter: cursor, more: meta.has_more}",
    "url": "{type: cursor, cursor: meta.next, is_url: true}",
    "link": "{type: link}",
    "page": "{type: page, parameter: page}",
    "offset": "{type: offset, parameter: offset, size: 3}",
    "newest_first": "{type: page, size: 3}",
}


@pytest.fixture
def time() -> FakeTime:
    return FakeTime(START_MS / 1000 + 3600)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def description(service: Service, style: str, more: str = "", since: bool = True) -> str:
    query = 'query: {from: "{since}"}' if since else "query: {}"
    order = "order: newest_first" if style == "newest_first" else ""
    return "\n".join(
        [
            f"url: {service.url}/logs",
            query,
            f"pagination: {STYLES.get(style, '{type: none}')}",
            "events: {records: data.items, id: id, time: at}",
            "requests_per_minute: 60000",
            order,
            textwrap.dedent(more),
        ]
    )


def reader(
    folder: Path, text: str, time: FakeTime, environment: dict[str, str] | None = None, **options: Any
) -> Reader:
    file = folder / "service.yaml"
    file.write_text(text)
    told = {"description": file, "private_addresses": True, "plain_http": True, **options}
    return Reader(make_connector(check_options("rest", told), time.world(**environment or {})))


@pytest.mark.parametrize("style", STYLES)
def test_every_way_to_page(style: str, folder: Path, time: FakeTime) -> None:
    with Pager(style, clock=time.clock) as service:
        found = reader(folder, description(service, style), time)
        assert found.catch_up() == []
        for number in range(8):
            service.add(number, START_MS + number * 1000)
        assert sorted(found.catch_up()) == list(range(8))
        service.add(8, START_MS + 500)
        service.add(9, START_MS + 60_000)
        assert sorted(found.catch_up()) == list(range(10))
        assert sorted(found.catch_up()) == list(range(10))


@pytest.mark.parametrize("style", ["cursor", "more", "url", "page", "offset"])
def test_a_cursor_that_goes_on_for_ever(style: str, folder: Path, time: FakeTime) -> None:
    """No time is told: the place in the list is the cursor, and the last page is read again until it is full."""
    with Pager(style, clock=time.clock) as service:
        text = description(service, style, "resume: cursor", since=False).replace("parameter: page", "size: 3")
        found = reader(folder, text, time)
        for number in range(20):
            service.add(number, START_MS + (number * 7 % 5) * HOUR_MS)
            if number % 4 == 0:
                assert found.catch_up() == list(range(number + 1))
        assert found.catch_up() == list(range(20))
        service.asked.clear()
        found.catch_up()
        assert len(service.asked) <= 2


@settings(max_examples=30)
@given(st.data())
def test_any_cuts_late_events_and_failures_give_each_event_once(tmp_path_factory: Any, data: st.DataObject) -> None:
    time = FakeTime(START_MS / 1000)
    style = data.draw(st.sampled_from([*STYLES, "window"]))
    faults = st.sampled_from([None, None, Reply(500), Reply(200, b'{"data', cut=2), Reply(200, b"<html>")])
    with Pager("page" if style == "window" else style, clock=time.clock) as service:
        text = description(service, style)
        if style == "window":
            text = description(service, "page").replace('"{since}"', '"{since}", to: "{until}"') + "\nwindow: 30m"
        found = reader(tmp_path_factory.mktemp("rest"), text, time, since="2h")
        count = 0
        for _ in range(data.draw(st.integers(1, 4))):
            time.go(data.draw(st.sampled_from([1, 300, 4000])))
            service.faults = data.draw(st.lists(faults, max_size=5))
            for _ in range(data.draw(st.integers(0, 9))):
                service.add(count, int(time.now * 1000) - data.draw(st.sampled_from([0, 1, 1000, 500_000])))
                count += 1
            try:
                found.catch_up()
            except PullError:
                time.go(60)
        service.faults = []
        time.go(1)
        found.catch_up()
        assert sorted(found.catch_up()) == list(range(count))
        found.connector.close()


def test_windows_of_time(folder: Path, time: FakeTime) -> None:
    with Pager("none", clock=time.clock) as service:
        service.size = 1000
        for number in range(10):
            service.add(number, START_MS - (9 - number) * HOUR_MS)
        text = description(service, "none").replace('"{since}"', '"{since}", to: "{until}"')
        found = reader(folder, text + "\nwindow: 2h", time, since="12h")
        assert found.catch_up() == list(range(10))
        spans = [(asked.query["from"], asked.query["to"]) for asked in service.asked]
        assert spans[0] == (iso(START_MS - 11 * HOUR_MS), iso(START_MS - 9 * HOUR_MS))
        assert spans[1][0] == iso(START_MS - 9 * HOUR_MS - 600_000), "ten minutes are read again"
        assert spans[-1][1] == iso(START_MS + HOUR_MS)
        time.go(-30)
        assert found.catch_up() == list(range(10))
        time.go(-86_400)
        asked = len(service.asked)
        assert found.catch_up() == list(range(10))
        time.go(86_400)
        service.add(10, START_MS + HOUR_MS - 31_000)
        assert found.catch_up() == list(range(11))
        assert len(service.asked) > asked


@pytest.mark.parametrize(("form", "since"), [("epoch_s", "1767225600"), ("epoch_ms", "1767225600000")])
def test_forms_of_times(form: str, since: str, folder: Path, time: FakeTime) -> None:
    with Service(clock=time.clock) as service:
        service.faults = [json_reply([{"n": 1, "at": int(since)}, {"n": 2, "at": int(since) - 1}])]
        text = f"""
        url: {service.url}/logs?fixed=1
        query: {{after: "{{since}}"}}
        since_form: {form}
        events: {{time: at, time_form: {form}}}
        """
        assert reader(folder, textwrap.dedent(text), time, since="1h").catch_up() == [1]
        assert dict(service.asked[0].query) == {"fixed": "1", "after": since}


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ("{type: none}", "authorization", None),
        ("{type: bearer, token: 'env:T'}", "authorization", "Bearer s3cret"),
        ("{type: bearer, token: 'env:T', scheme: Token}", "authorization", "Token s3cret"),
        (
            "{type: basic, user: bob, password: 'env:T'}",
            "authorization",
            "Basic " + base64.b64encode(b"bob:s3cret").decode(),
        ),
        (
            "{type: basic, user: 'env:U', password: 'env:T'}",
            "authorization",
            "Basic " + base64.b64encode(b"eve:s3cret").decode(),
        ),
        ("{type: header, name: X-Api-Key, value: 'env:T'}", "x-api-key", "s3cret"),
    ],
)
def test_logins(auth: str, header: str, value: str | None, folder: Path, time: FakeTime) -> None:
    with Service(clock=time.clock) as service:
        text = f"url: {service.url}/logs\nauth: {auth}\nheaders: {{X-Tenant: '{{tenant}}'}}"
        reader(folder, text, time, {"T": "s3cret", "U": "eve"}, values={"tenant": "acme"}).catch_up()
        assert service.asked[0].headers.get(header) == value
        assert service.asked[0].headers["x-tenant"] == "acme"


class TokenService(Service):
    """OAuth 2: `/token` gives tokens, `/logs` wants the last one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.tokens = 0

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/token":
            self.tokens += 1
            return json_reply({"access_token": f"t{self.tokens}", "expires_in": 600, "token_type": "Bearer"})
        if asked.headers.get("authorization") != f"Bearer t{self.tokens}":
            return json_reply({"error": "invalid_token"}, 401)
        return json_reply([])


@pytest.mark.parametrize("in_body", [False, True])
def test_oauth2(in_body: bool, folder: Path, time: FakeTime) -> None:
    with TokenService(clock=time.clock) as service:
        text = f"""
        url: {service.url}/logs
        auth:
          type: oauth2
          token_url: {service.url}/token
          client_id: cl ient
          client_secret: env:T
          scope: logs.read
          in_body: {str(in_body).lower()}
        """
        found = reader(folder, textwrap.dedent(text), time, {"T": "s3c/ret"})
        found.poll()
        found.poll()
        asked = service.asked[0]
        form = b"grant_type=client_credentials&scope=logs.read"
        if in_body:
            assert asked.body == form + b"&client_id=cl+ient&client_secret=s3c%2Fret"
            assert "authorization" not in asked.headers
        else:
            assert asked.body == form
            assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"cl%20ient:s3c%2Fret").decode()
        assert service.tokens == 1
        time.go(571)  # it lives for 600 s and is renewed a little earlier
        found.poll()
        assert service.tokens == 2
        service.tokens += 1  # withdrawn: the next request is refused, and a new token is asked for once
        found.poll()
        assert service.tokens == 4


def test_oauth2_that_is_refused_tells_no_secret(folder: Path, time: FakeTime) -> None:
    with TokenService(clock=time.clock) as service:
        service.faults = [json_reply({"error_description": "bad secret s3cret for client"}, 401), Reply(200, b"{}")]
        auth = f"{{type: oauth2, token_url: {service.url}/token, client_id: c, client_secret: 'env:T', in_body: true}}"
        found = reader(folder, f"url: {service.url}/logs\nauth: {auth}", time, {"T": "s3cret"})
        with pytest.raises(PullError) as caught:
            found.poll()
        hint = "the credentials are wrong or no longer valid ('bad secret … for client')"
        assert str(caught.value) == f"'{service.url}/token' answers 401: {hint}"
        with pytest.raises(PullError) as caught:
            found.poll()
        assert str(caught.value) == f"'{service.url}/token' sent no token"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("url: https://x\nauht: {}", "line 2: there is no option 'auht'"),
        ("# a comment\nurl: 5", "line 2: expected 'str', got 'int' in 'url'"),
        ("query: {}", "line 1: missing option 'url'"),
        ("url: https://x\nauth:\n  type: bearer\n  tokne: env:T", "line 4: there is no option 'tokne' in 'auth'"),
        ("url: https://x\nauth:\n  type: bearer", "line 2: missing option 'token' in 'auth'"),
        ("url: https://x\nauth:\n  type: kerberos", "line 3: invalid value 'kerberos' in 'auth.type'"),
        ("url: https://x\nauth: {type: bearer, token: s3cret}", "a secret must not stand here"),
        ("url: https://x\nquery: {a: '{since'}", "'{since' has a brace that is no {name}"),
        (
            "url: https://{tenant}.x\n",
            "there is no value 'tenant'; there are: none",
        ),
        ("url: https://x\nquery: {a: '{nonsense}'}", "there is no value 'nonsense'; there are: since, until"),
        ("url: https://x\nquery:\n  a: '{until}'", "line 2: {until} wants 'window'"),
        ("url: https://x\nwindow: 1h", "line 2: a window wants {since} and {until} in the query"),
        ("url: https://x\nquery: {a: '{since}'}", "line 1: 'time' is wanted: where an event has its time"),
        ("url: https://x\nresume: cursor", "line 2: without pages there is no cursor to resume from"),
        (
            "url: https://x\npagination: {type: page}\nresume: cursor",
            "line 2: to resume from a page wants its 'size': one that is not full is read again",
        ),
        (
            "url: https://x\npagination: {type: cursor, cursor: next}",
            "line 2: a cursor wants 'parameter', or 'is_url: true' when it is an address",
        ),
        (
            "url: https://x\nevents: {time: t}\nquery: {a: '{since}', b: '{until}'}\nwindow: 15m",
            "window must be at least twice 'reread', which is 600 s",
        ),
        ("url: https://x\n- a", "line 2: "),
        ("a: &x [1]\nb: *x\nurl: https://x", "line 2: no aliases here"),
        ("just text", "line 1: wanted keys with values, such as 'url: https://…'"),
        ("", "line 1: wanted keys with values, such as 'url: https://…'"),
        ("url: https://x\nrequests_per_minute: 0", "line 2: wanted is a number between 0 and 60,000"),
        ("url: !!python/object:os.system x", "line 1: could not determine a constructor"),
    ],
)
def test_descriptions_that_are_wrong(text: str, words: str, folder: Path) -> None:
    file = folder / "service.yaml"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        check_options("rest", {"description": str(file)})
    place, _, told = str(caught.value).partition(f"'{file}'")
    assert place == ""
    assert told[2:].startswith(words), str(caught.value)
    assert "s3cret" not in str(caught.value)


@given(st.text(alphabet="abcurl:{}[]\n -'\"&*!?|>%@,#", max_size=120))
def test_descriptions_of_any_text_are_an_error_with_a_line(text: str) -> None:
    problem = None
    try:
        parse_rest_settings(text.encode(), "x.yaml")
    except LakebedError as error:
        problem = str(error)
    assert problem is None or problem.startswith("'x.yaml', line ")


@pytest.mark.parametrize("value", ["a/b", "x.evil.com#", "a b", "", "x" * 201, "{since}"])
def test_values_are_names_only(value: str, folder: Path) -> None:
    file = folder / "service.yaml"
    file.write_text("url: https://{tenant}.example.com/logs")
    with pytest.raises(UsageError, match="the value 'tenant' may have letters, digits"):
        check_options("rest", {"description": str(file), "values": {"tenant": value}})
    check_options("rest", {"description": str(file), "values": {"tenant": "acme-1"}})


def test_a_cursor_to_another_host_gets_no_credentials(folder: Path, time: FakeTime) -> None:
    with Service(clock=time.clock) as service, Service() as other:
        service.faults = [json_reply({"data": {"items": [{"id": 1, "n": 1}]}, "meta": {"next": f"{other.url}/x"}})]
        text = description(service, "url", since=False) + "\nauth: {type: bearer, token: 'env:T'}\nresume: cursor"
        found = reader(folder, text, time, {"T": "s3cret"})
        found.poll()
        with pytest.raises(PullError, match="another host than that of the source"):
            found.poll()
        assert other.asked == []
