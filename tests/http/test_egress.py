"""Hostile links fetch nothing: a listener on this machine hears no connection, whatever they look like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address

import pytest

from livechat_sdk.errors import ProviderError, RejectedError, RetryableError
from livechat_sdk.http import Egress, EgressRefused, FetchLimits, Repeat, VendorClient, fetch
from livechat_sdk.http.addresses import refusal_of
from tests.http.loopback import Connection, loopback

HOSTILE = [
    # loopback and this host, written plainly
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "http://127.1.2.3:{port}/",
    "http://127.255.255.254/",
    "http://0.0.0.0:{port}/",
    "http://0.0.0.0/",
    "http://0.1.2.3/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://localhost/",
    "http://foo.localhost/",
    "http://localhost.localdomain/",
    # numbers that some programs take for an address
    "http://2130706433:{port}/",
    "http://2130706433/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://0x7f.1/",
    "http://017700000001:{port}/",
    "http://0177.0.0.1/",
    "http://0177.0.0.01/",
    "http://127.1:{port}/",
    "http://127.0.1/",
    "http://127.0.0.1./",
    "http://00000127.0.0.1/",
    "http://127.0.0.1.:{port}/",
    "http://4294967297/",
    "http://１２７.０.０.１/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://127%2e0%2e0%2e1/",
    "http://%31%32%37.0.0.1/",
    # private and shared networks
    "http://10.0.0.1/",
    "http://10.255.255.255/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://192.168.1.254/admin",
    "http://100.64.0.1/",
    "http://100.100.100.200/latest/meta-data/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.0.1/",
    "http://168.63.129.16/machine",
    "http://192.0.0.192/opc/v1/instance/",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://198.51.100.7/",
    "http://203.0.113.9/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://192.88.99.1/",
    # the same in IPv6, and hidden inside of it
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://[ff02::1]/",
    "http://[fec0::1]/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    "http://[100::1]/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::127.0.0.1]:{port}/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::1]/",
    "http://[2001:0:7f00:1::1]/",
    "http://[2001:470:1:2:0:5efe:7f00:1]/",
    # user names, and other ways to make a host look like another one
    "http://user:password@127.0.0.1:{port}/",
    "http://good.example@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@good.example/",
    "http://good.example:80@127.0.0.1:{port}/",
    "http://good.example#@127.0.0.1:{port}/",
    "http://good.example\\@127.0.0.1:{port}/",
    "http:\\\\127.0.0.1:{port}\\",
    "http://127.0.0.1:{port}\\.good.example/",
    "http://good.example%00.127.0.0.1/",
    "http://good.example\r\nHost: 127.0.0.1/",
    "http://good.example\t.127.0.0.1/",
    " http://127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "http://[127.0.0.1]:{port}/",
    "http://[::1/",
    "http://]/",
    "http://",
    "",
    # other schemes
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_POST",
    "dict://127.0.0.1:{port}/info",
    "ldap://127.0.0.1:{port}/",
    "data:text/plain,hello",
    "javascript:alert(1)",
    "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
    "ws://127.0.0.1:{port}/",
    "jar:http://127.0.0.1:{port}/!/",
    # names of inner networks
    "http://intranet/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://printer.local/",
    "http://router.lan/",
    "http://nas.home.arpa/",
    # ports of other services
    "http://good.example:22/",
    "http://good.example:25/",
    "http://good.example:6379/",
    "http://good.example:{port}/",
    "http://good.example:0/",
    "http://good.example:99999/",
    # names that lead here (see ``zone``)
    "http://loopback.example/",
    "http://LOOPBACK.EXAMPLE/",
    "http://loopback.example./",
    "https://loopback.example/",
    "http://loopback6.example/",
    "http://mapped.example/",
    "http://private.example/",
    "http://metadata.example/",
    "http://nat64.example/",
    "http://mixed.example/",
    "http://mixed-last.example/",
    "http://zone-id.example/",
    "http://junk.example/",
    "http://bücher.example/",
    "http://xn--bcher-kva.example/",
    "http://unknown.example/",
]

ZONE = {
    "loopback.example": ["127.0.0.1"],
    "loopback6.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "private.example": ["10.1.2.3"],
    "metadata.example": ["169.254.169.254"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "mixed.example": ["127.0.0.1", "93.184.216.34"],
    "mixed-last.example": ["93.184.216.34", "127.0.0.1"],
    "zone-id.example": ["fe80::1%1"],
    "junk.example": ["not an address"],
    "xn--bcher-kva.example": ["127.0.0.1"],
}


async def zone(host: str, port: int) -> Sequence[str]:
    """The look-up of these tests."""
    if host not in ZONE:
        raise OSError(-2, "Name or service not known")
    return ZONE[host]


async def welcome(connection: Connection) -> None:
    """What a listener does that should never be reached."""
    await connection.request()
    await connection.answer(200, b"the secret", {"content-type": "text/plain"})


def test_there_are_at_least_a_hundred() -> None:
    assert len(set(HOSTILE)) >= 100


async def test_hostile_links_fetch_nothing() -> None:
    async with loopback(welcome) as server:
        # The ports of the listener are allowed, so that it is the address that is refused and nothing else.
        for ports in ((80, 443), (80, 443, server.port)):
            for link in HOSTILE:
                url = link.replace("{port}", str(server.port))
                with pytest.raises(ProviderError) as caught:
                    async with fetch(url, Egress(ports=ports, resolve=zone), FetchLimits(seconds=5)):
                        pytest.fail(f"{url} was fetched")
                refused = isinstance(caught.value, EgressRefused)
                unknown = caught.value.sent is False and "no connection" in str(caught.value)
                assert refused or (unknown and "example" in url), (url, caught.value)
    assert server.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_to_hostile_places_fetch_nothing(status: int) -> None:
    place = ""

    async def redirect(connection: Connection) -> None:
        await connection.request()
        await connection.answer(status, b"", {"location": place})

    async with loopback(welcome) as inner, loopback(redirect) as outer:
        egress = Egress(
            allow=[f"files.example:{outer.port}"], ports=(80, 443, inner.port), resolve=_outer_zone
        )
        for link in HOSTILE:
            place = link.replace("{port}", str(inner.port)).replace("\r\n", "").strip()
            if not place or place.startswith("//"):
                place = f"//127.0.0.1:{inner.port}/"
            with pytest.raises(ProviderError):
                async with fetch(f"http://files.example:{outer.port}/", egress, FetchLimits(seconds=5)):
                    pytest.fail(f"{place} was fetched")
    assert inner.connections == 0
    assert outer.connections >= len(HOSTILE)


async def _outer_zone(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"] if host == "files.example" else await zone(host, port)


async def test_a_name_that_changes_between_check_and_use_fetches_nothing() -> None:
    answers: Iterator[Sequence[str]] = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return next(answers)

    async with loopback(welcome) as server:
        egress = Egress(ports=(server.port,), resolve=rebinding)
        url = f"http://rebinding.example:{server.port}/"
        assert await egress.addresses("rebinding.example", server.port) == ["93.184.216.34"]
        with pytest.raises(EgressRefused):
            async with fetch(url, egress):
                pytest.fail("it was fetched")
    assert server.connections == 0


async def test_the_look_up_of_this_machine_is_judged_too() -> None:
    egress = Egress(["*.elsewhere"])
    with pytest.raises(EgressRefused, match="loopback"):
        await egress.addresses("localhost", 80)


async def test_the_name_is_looked_up_once_for_a_connection_and_that_answer_is_used() -> None:
    asked: list[str] = []

    async def counting(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    async with loopback(welcome) as server:
        egress = Egress(allow=["127.0.0.0/8"], ports=(server.port,), resolve=counting)
        async with fetch(f"http://once.example:{server.port}/", egress) as file:
            assert await file.read() == b"the secret"
    assert asked == ["once.example"]


async def test_what_is_allowed_is_reached() -> None:
    async with loopback(welcome) as server:
        for allow, host in (
            (f"127.0.0.1:{server.port}", "127.0.0.1"),
            ("127.0.0.1", "127.0.0.1"),
            ("loopback.example", "loopback.example"),
            (f"loopback.example:{server.port}", "LOOPBACK.example."),
            ("*.example", "loopback.example"),
        ):
            async with fetch(f"http://{host}:{server.port}/", Egress([allow], resolve=zone)) as file:
                assert await file.read() == b"the secret"


async def test_a_socket_to_a_forbidden_address_is_refused_whatever_came_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with loopback(welcome) as server:
        egress = Egress(resolve=zone)
        monkeypatch.setattr(egress, "check", _believe)
        async with VendorClient(provider="TOY", base_url=server.url, egress=egress) as client:
            with pytest.raises(EgressRefused):
                await client.request("read", "GET", "/", repeat=Repeat.SAFE)
    assert server.connections == 0


def _believe(url: object) -> object:
    import httpx

    return httpx.URL(str(url))


# --------------------------------------------------------------------------- what is allowed
@pytest.mark.parametrize(
    "url",
    [
        "https://good.example/file.png?x=1#part",
        "http://good.example/",
        "HTTPS://Good.Example/a%20b",
        "https://good.example:443/",
        "https://xn--bcher-kva.example/",
        "https://my_bucket.storage.example/key",
        "https://93.184.216.34/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/",
        "https://good.example/path@with/at?user@example",
        "https://3com.example/",
    ],
)
def test_public_links_may_be_followed(url: str) -> None:
    assert Egress().check(url).host


@pytest.mark.parametrize(
    ("allow", "url"),
    [
        ("files.corp", "http://files.corp/"),
        ("files.corp", "http://files.corp:9000/"),
        ("files.corp:9000", "http://files.corp:9000/"),
        ("FILES.corp.", "http://files.CORP./"),
        ("*.corp.example", "http://a.b.corp.example:8080/"),
        ("minio", "http://minio/"),
        ("minio", "https://minio:9000/"),
        ("10.1.0.0/16", "http://10.1.2.3/"),
        ("10.1.2.3", "http://10.1.2.3:8080/"),
        ("fd00::/8", "http://[fd12::1]/"),
        ("127.0.0.1", "http://127.0.0.1:8000/"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000/"),
        ("[::1]:8000", "http://[::1]:8000/"),
    ],
)
def test_what_the_settings_name_is_allowed(allow: str, url: str) -> None:
    assert Egress([allow]).check(url).host


@pytest.mark.parametrize(
    ("allow", "url"),
    [
        ("files.corp:9000", "http://files.corp:9001/"),
        ("*.corp.example", "http://corp.example.evil.local/"),
        ("*.corp.example", "http://evilcorp.local/"),
        ("10.1.0.0/16", "http://10.2.0.1/"),
        ("127.0.0.1:8000", "http://127.0.0.1:8001/"),
        ("files.corp", "http://files.corp@10.0.0.1/"),
        ("files.corp", "ftp://files.corp/"),
    ],
)
def test_what_is_allowed_allows_nothing_beside_it(allow: str, url: str) -> None:
    with pytest.raises(EgressRefused):
        Egress([allow]).check(url)


async def test_an_allowed_network_does_not_allow_a_name_that_leads_elsewhere() -> None:
    with pytest.raises(EgressRefused):
        await Egress(["10.0.0.0/8"], resolve=zone).addresses("loopback.example", 80)
    assert await Egress(["10.0.0.0/8"], resolve=zone).addresses("private.example", 80) == ["10.1.2.3"]


@pytest.mark.parametrize("entry", ["", "http://x/", "a b", "x:y", "10.0.0.0/99", "*.*", "-x"])
def test_an_entry_that_means_nothing_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="egress allows"):
        Egress([entry])


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2a00:1450:4001::1", "64:ff9b::808:808"]
)
def test_public_addresses_are_public(address: str) -> None:
    assert refusal_of(ip_address(address)) is None


def test_a_long_link_is_refused_without_being_shown() -> None:
    with pytest.raises(EgressRefused) as caught:
        Egress().check("https://good.example/" + "x" * 5000)
    assert len(str(caught.value)) < 200


async def test_a_refusal_is_final_for_the_relay() -> None:
    with pytest.raises(RejectedError) as caught:
        async with fetch("http://10.0.0.1/?token=canary-in-the-query", Egress()):
            pytest.fail("it was fetched")
    assert caught.value.sent is False
    assert not isinstance(caught.value, RetryableError)
    assert "canary" not in str(caught.value)


async def test_a_client_with_the_rule_refuses_a_base_url_that_is_forbidden() -> None:
    async with (
        loopback(welcome) as server,
        VendorClient(provider="TOY", base_url=server.url, egress=Egress()) as client,
    ):
        with pytest.raises(EgressRefused) as caught:
            await client.request("read", "GET", "/")
    assert caught.value.provider == "TOY"
    assert server.connections == 0


async def test_a_client_without_the_rule_reaches_what_the_settings_say() -> None:
    async with loopback(welcome) as server, VendorClient(provider="TOY", base_url=server.url) as client:
        assert (await client.request("read", "GET", "/")).text == "the secret"
