"""One request: hosts, addresses, TLS, bytes, redirects; and what an error must not hold."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from lakebed import config
from lakebed.errors import PullError, UsageError
from lakebed.pull.connection import is_public
from lakebed.pull.http import HttpClient, HttpSettings, Request, UnreachableError
from tests.unit.pull.services import Asked, Reply, Service, make_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOME = HttpSettings(allow_private_addresses=True, allow_plain_http=True)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as found:
        yield found


def send(url: str, settings: HttpSettings = HOME, body: bytes | None = None) -> tuple[int, bytes]:
    client = HttpClient(settings)
    try:
        answer = client.send(Request(url, {"Authorization": "Bearer s3cret"}, body))
    finally:
        client.close()
    return answer.status, answer.body


def test_an_answer_whatever_its_status(service: Service) -> None:
    service.faults = [Reply(200, b"[1]"), Reply(404, b"no")]
    assert send(f"{service.url}/a?b=c") == (200, b"[1]")
    assert send(f"{service.url}/a") == (404, b"no")
    assert service.asked[0].query == {"b": "c"}
    assert service.asked[0].headers["authorization"] == "Bearer s3cret"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_private_address_is_not_reached_unless_told(service: Service, host: str) -> None:
    url = service.url.replace("127.0.0.1", host)
    with pytest.raises(PullError) as caught:
        send(url, HttpSettings(allow_plain_http=True))
    assert str(caught.value) == f"'{host}' is at a private address; private_addresses = true allows it"
    assert service.asked == []
    assert send(url) == (200, b"[]")


def test_a_name_counts_by_the_address_it_resolves_to(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it has a public one beside it, and when it changes after it was looked up for the first time."""
    import socket

    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", (address, port)) for address in ("93.184.216.34", "169.254.169.254")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(PullError, match=r"'metadata\.example' is at a private address"):
        send("http://metadata.example/latest", HttpSettings(allow_plain_http=True))


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fd00::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_what_is_an_address_of_the_internet(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://{host}/x?token=s3cret", "'http://{host}/x' would be asked without TLS; plain_http = true allows it"),
        (
            "ftp://{host}/x",
            "not the URL of a service: 'ftp://{host}/x'; wanted https://host/path, without a password",
        ),
        (
            "https://u:s3cret@{host}/",
            "not the URL of a service: 'https://{host}/'; wanted https://host/path, without a password",
        ),
        ("/only/a/path", "not the URL of a service: '://'; wanted https://host/path, without a password"),
    ],
)
def test_urls_that_are_not_asked(service: Service, url: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        send(url.format(host=service.host), HttpSettings(allow_private_addresses=True))
    assert str(caught.value) == words.format(host=service.host)
    assert service.asked == []


def test_a_redirect_on_the_same_host_is_followed(service: Service) -> None:
    service.faults = [Reply(301, b"", {"Location": "/b?x=1"}), None]
    assert send(f"{service.url}/a") == (200, b"[]")
    assert [asked.path for asked in service.asked] == ["/a", "/b"]


def test_a_redirect_to_another_host_is_an_error_and_sends_no_credentials_there(service: Service) -> None:
    with Service() as other:
        service.faults = [Reply(302, b"", {"Location": f"{other.url}/steal?x=1"})]
        with pytest.raises(PullError) as caught:
            send(f"{service.url}/a?t=s3cret")
        assert str(caught.value) == f"'{service.url}/a' redirects to another host, '127.0.0.1'"
        assert other.asked == []


def test_redirects_end(service: Service) -> None:
    service.faults = [Reply(302, b"", {"Location": "/a"})] * 10
    with pytest.raises(PullError, match="redirects more than 3 times"):
        send(f"{service.url}/a")
    assert len(service.asked) == 4


def test_a_post_is_not_redirected(service: Service) -> None:
    service.faults = [Reply(307, b"", {"Location": "/b"})]
    assert send(f"{service.url}/a", body=b"client_secret=x")[0] == 307


def test_a_body_has_a_bound(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "PULL_BODY_BYTES_MAX", 100_000)
    service.faults = [Reply(200, b"x" * 100_000), Reply(200, b"x" * 100_001)]
    assert len(send(service.url)[1]) == 100_000
    with pytest.raises(PullError, match="has more than 100,000 bytes"):
        send(service.url)


def test_a_compressed_body_is_bounded_by_what_it_unpacks_to(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "PULL_BODY_BYTES_MAX", 100_000)
    headers = {"Content-Encoding": "gzip"}
    service.faults = [
        Reply(200, gzip.compress(b"[1, 2]"), headers),
        Reply(200, gzip.compress(b" " * 300_000_000), headers),
        Reply(200, b"not gzip", headers),
    ]
    assert send(service.url) == (200, b"[1, 2]")
    with pytest.raises(PullError, match="has more than 100,000 bytes"):
        send(service.url)
    with pytest.raises(UnreachableError, match="cannot read"):
        send(service.url)


def test_of_a_refusal_only_the_beginning_is_read(service: Service) -> None:
    service.faults = [Reply(500, b"x" * 10_000_000)]
    assert send(service.url) == (500, b"x" * config.PULL_ERROR_BODY_BYTES)


@pytest.mark.parametrize("cut", [-1, 0, 3])
def test_a_connection_that_breaks(service: Service, cut: int) -> None:
    service.faults = [Reply(200, b"[1, 2, 3]", cut=cut)]
    with pytest.raises(UnreachableError) as caught:
        send(f"{service.url}/logs?token=s3cret")
    assert str(caught.value).startswith(f"cannot read '{service.url}/logs': ")
    assert "s3cret" not in str(caught.value)


def test_nobody_listens() -> None:
    with Service() as closed:
        pass
    with pytest.raises(UnreachableError, match="refused"):
        send(closed.url)


def test_an_answer_that_drips_ends(service: Service) -> None:
    ticks = iter(range(0, 10_000, 200))
    client = HttpClient(HOME, monotonic=lambda: float(next(ticks)))
    service.faults = [Reply(200, b"x" * 1_000_000)]
    with pytest.raises(UnreachableError, match="takes more than 300 s"):
        client.send(Request(service.url, {}))
    client.close()


def test_a_certificate_is_trusted_when_its_authority_is(tmp_path: Path) -> None:
    key, certificate = make_certificate(tmp_path)
    with Service() as service:
        service.use_tls(key, certificate)
        with pytest.raises(PullError) as caught:
            send(service.url, HttpSettings(allow_private_addresses=True))
        assert str(caught.value) == f"no trusted connection to '{service.url}': self-signed certificate"
        trusting = HttpSettings(allow_private_addresses=True, ca_file=str(certificate))
        assert send(service.url, trusting) == (200, b"[]")
        with pytest.raises(PullError, match=r"no trusted connection to .*: hostname mismatch"):
            send(service.url.replace("127.0.0.1", "localhost"), trusting)


def test_a_file_of_authorities_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read the certificates in '/nowhere\.pem': no such file"):
        HttpClient(HttpSettings(ca_file="/nowhere.pem"))
    (tmp_path / "x.pem").write_text("not PEM")
    with pytest.raises(UsageError, match=r"cannot read the certificates in '.*x\.pem': "):
        HttpClient(HttpSettings(ca_file=str(tmp_path / "x.pem")))


def test_bodies_reach_the_service(service: Service) -> None:
    send(f"{service.url}/token", body=b"grant_type=client_credentials")
    assert service.asked == [
        Asked("/token", {}, service.asked[0].headers, b"grant_type=client_credentials"),
    ]
