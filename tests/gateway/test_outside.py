"""How requests look from outside: a proxy that is trusted is believed, and nobody else is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pytest
from starlette.types import Receive, Scope, Send

from livechat_sdk.config import GatewaySettings
from livechat_sdk.gateway import create_app
from livechat_sdk.gateway.outside import Outside
from tests.gateway.world import World, a_client

PROXY = "10.1.2.3"
STRANGER = "203.0.113.66"
FORGED = {
    "x-forwarded-for": "198.51.100.1",
    "x-forwarded-proto": "https",
    "forwarded": "for=198.51.100.1;proto=https",
    "x-forwarded-host": "evil.example",
    "x-forwarded-prefix": "/evil",
    "x-real-ip": "198.51.100.1",
}


@dataclass(frozen=True)
class Seen:
    client: str
    scheme: str
    root: str
    path: str


async def seen(
    headers: dict[str, str] | list[tuple[str, str]],
    *,
    peer: str = PROXY,
    path: str = "/desk/",
    root: str = "",
    scheme: str = "http",
    **settings: Any,
) -> Seen:
    """What an application behind the middleware is told of a request."""
    found: list[Seen] = []

    async def application(scope: Scope, _receive: Receive, _send: Send) -> None:
        found.append(Seen(scope["client"][0], scope["scheme"], scope["root_path"], scope["path"]))

    async def nothing(*_: Any) -> Any:
        raise AssertionError("nobody reads or writes here")

    pairs = list(headers.items()) if isinstance(headers, dict) else headers
    scope = {
        "type": "http",
        "scheme": scheme,
        "client": (peer, 50_000),
        "path": path,
        "raw_path": path.encode(),
        "root_path": root,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs],
    }
    before = {**scope}
    await Outside(application, GatewaySettings.model_validate(settings))(scope, nothing, nothing)
    assert scope == before, "the server's own scope stays as it was"
    return found[0]


async def test_without_settings_no_header_changes_anything() -> None:
    assert await seen(FORGED) == Seen(PROXY, "http", "", "/desk/")


async def test_somebody_else_than_the_proxy_changes_nothing() -> None:
    for header in ("X-Forwarded-For", "Forwarded"):
        told = await seen(FORGED, peer=STRANGER, trusted_proxies=["10.1.2.0/24"], proxy_header=header)
        assert told == Seen(STRANGER, "http", "", "/desk/")


async def test_nobody_can_lower_https() -> None:
    lowered = {"x-forwarded-proto": "http", "forwarded": "proto=http"}
    for peer in (PROXY, STRANGER):
        told = await seen(lowered, peer=peer, trusted_proxies=[PROXY], public_url="https://chat.example.com")
        assert told.scheme == "https"
    assert (await seen(lowered, peer=STRANGER, trusted_proxies=[PROXY], scheme="https")).scheme == "https"


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("198.51.100.1:4711", "198.51.100.1"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        # What the client itself has sent stands before what the proxy has added.
        ("127.0.0.1, 198.51.100.1", "198.51.100.1"),
        ("10.1.2.9, 198.51.100.1", "198.51.100.1"),
        ("<script>, 198.51.100.1", "198.51.100.1"),
        # Two proxies of ours in a row.
        ("203.0.113.1, 198.51.100.1, 10.1.2.9", "198.51.100.1"),
        ("198.51.100.1, unknown, 10.1.2.9", "10.1.2.9"),
        ("10.1.2.8, 10.1.2.9", "10.1.2.8"),
        ("unknown", PROXY),
        ("", PROXY),
        (",,,", PROXY),
        ("1" * 70_000, PROXY),
    ],
)
async def test_the_client_is_the_last_one_that_no_proxy_of_ours_is(said: str, client: str) -> None:
    told = await seen({"x-forwarded-for": said, "forwarded": "for=6.6.6.6"}, trusted_proxies=["10.1.2.0/24"])
    assert told.client == client


async def test_lines_of_one_header_are_one_list() -> None:
    lines = [("x-forwarded-for", "6.6.6.6"), ("X-Forwarded-For", "198.51.100.1")]
    assert (await seen(lines, trusted_proxies=[PROXY])).client == "198.51.100.1"


@pytest.mark.parametrize(
    ("said", "client", "scheme"),
    [
        ("for=198.51.100.1;proto=https", "198.51.100.1", "https"),
        ('For="[2001:db8::7]:4711"; Proto=HTTPS; by=_x', "2001:db8::7", "https"),
        ("for=6.6.6.6;proto=http, for=198.51.100.1;proto=https", "198.51.100.1", "https"),
        ("for=198.51.100.1;proto=https, for=10.1.2.9;proto=http", "198.51.100.1", "https"),
        ('for="6.6.6.6, for=198.51.100.1;proto=https', "198.51.100.1", "https"),
        ("for=_hidden;proto=https", PROXY, "https"),
        ("proto=gopher", PROXY, "http"),
    ],
)
async def test_the_standard_header_where_the_settings_name_it(said: str, client: str, scheme: str) -> None:
    told = await seen(
        {"forwarded": said, "x-forwarded-for": "6.6.6.6", "x-forwarded-proto": "gopher"},
        trusted_proxies=["10.1.2.0/24"],
        proxy_header="Forwarded",
    )
    assert (told.client, told.scheme) == (client, scheme)


@pytest.mark.parametrize(
    ("for_", "proto", "scheme"),
    [
        ("198.51.100.1", "https", "https"),
        ("198.51.100.1", "http, https", "https"),
        ("198.51.100.1, 10.1.2.9", "https, http", "https"),
        ("198.51.100.1, 10.1.2.9", "https", "https"),
        (None, "https", "https"),
        ("198.51.100.1", "", "http"),
    ],
)
async def test_the_scheme_is_what_the_trusted_proxy_says(for_: str | None, proto: str, scheme: str) -> None:
    headers = {"x-forwarded-proto": proto} | ({} if for_ is None else {"x-forwarded-for": for_})
    assert (await seen(headers, trusted_proxies=["10.1.2.0/24"])).scheme == scheme


@pytest.mark.parametrize("path", ["/desk/inbox", "/help/desk/inbox"])
async def test_below_a_path_of_the_public_address_whether_the_proxy_cuts_it_off_or_not(path: str) -> None:
    told = await seen({}, path=path, public_url="https://www.example.com/help/")
    assert told == Seen(PROXY, "https", "/help", "/help/desk/inbox")


async def test_a_path_that_only_begins_alike_is_below() -> None:
    assert (await seen({}, path="/helpdesk/", public_url="https://www.example.com/help")).path == (
        "/help/helpdesk/"
    )


async def test_an_application_around_the_gateway_says_itself_where_it_is() -> None:
    told = await seen({}, root="/around", path="/around/desk/", public_url="https://www.example.com/help")
    assert (told.root, told.path) == ("/around", "/around/desk/")


async def test_the_gateway_serves_below_the_path_of_its_public_address(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = world.dispatcher.settings.gateway.model_copy(
        update={"public_url": "https://www.example.com/help"}
    )
    settings = world.dispatcher.settings.model_copy(update={"gateway": gateway})
    monkeypatch.setattr(world.dispatcher, "settings", settings)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.responses import PlainTextResponse

        await PlainTextResponse(f"{scope['scheme']} {scope['root_path']}")(scope, receive, send)

    from pydantic import SecretStr

    app = create_app(world.dispatcher, tokens=[SecretStr("t")], mounts={"desk": application})
    async with a_client(app) as client:
        for path in ("/desk/", "/help/desk/"):
            assert (await client.get(path)).text == "https /help/desk"
            moved = await client.get(path.rstrip("/"))
            assert moved.headers["location"] == "https://gateway/help/desk/"
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.post("/webhooks/nobody")).status_code == 404


@pytest.mark.parametrize(
    "wrong", ["0.0.0.0/0", "::/0", "proxy.example.com", "10.1.2.3/8", "10.1.2.3:80", "*", "", "10.0.0.0/33"]
)
def test_only_addresses_and_networks_are_trusted_and_never_everybody(wrong: str) -> None:
    from pydantic import ValidationError

    with pytest.raises(ValidationError):
        GatewaySettings.model_validate({"trusted_proxies": [wrong]})


def test_nobody_is_trusted_unless_the_settings_say_so() -> None:
    settings = GatewaySettings()
    expected: tuple[tuple[str, ...], Literal["X-Forwarded-For"]] = ((), "X-Forwarded-For")
    assert (settings.trusted_proxies, settings.proxy_header) == expected
