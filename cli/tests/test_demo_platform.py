from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import SecretStr

from livechat_sdk.gateway.signing import Signer
from livechat_sdk_cli.demo.vendor.lines import LABEL
from livechat_sdk_cli.demo.vendor.platform import Platform, serve_platform

BODY = b'{"type": "handoff.typing", "data": {"on": true}}'


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    async with serve_platform() as served:
        yield served


async def post(platform: Platform, headers: dict[str, str], body: bytes = BODY) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.post(platform.target, headers=headers, content=body)).status_code


def proof(platform: Platform, identity: str = "msg_1", *, age: float = 0.0) -> dict[str, str]:
    signer = Signer([SecretStr(platform.secret)])
    return dict(signer.headers(identity, BODY, datetime.now(UTC) - timedelta(seconds=age)))


async def test_a_signed_delivery_is_shown_once_however_often_it_comes(platform: Platform) -> None:
    for identity in ("msg_1", "msg_2", "msg_1"):
        assert await post(platform, proof(platform, identity)) == 204
    assert [(one.id, one.deliveries) for one in platform.of("handoff.typing")] == [("msg_1", 2), ("msg_2", 1)]


async def test_what_is_not_signed_as_it_should_be_is_refused_and_counted(platform: Platform) -> None:
    good = proof(platform)
    for headers in (
        {},
        {**good, "webhook-id": "msg_2"},
        {**good, "webhook-timestamp": "1"},
        {**good, "webhook-signature": "v1,AAAA"},
        {**good, "webhook-signature": "v1,*"},
        proof(platform, age=1000),
    ):
        assert await post(platform, headers) == 401
    assert await post(platform, good, BODY + b" ") == 401
    assert (platform.taken, platform.refused) == ([], 7)


async def test_a_file_is_had_by_its_link_alone(platform: Platform) -> None:
    link = platform.host(LABEL)
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(link)).content == LABEL.content
        assert (await client.get(f"{platform.url}/files/guessed/{LABEL.name}")).status_code == 404
    assert platform.fetched == {LABEL.name: 1}
