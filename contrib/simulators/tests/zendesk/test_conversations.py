from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from contrib.simulators.tests.zendesk_bench import error, zendesk_bench

APP = "5ebee0975ac5304b664a12fa"


def _b64(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def _jwt(key_id: str, secret: str, **claims: Any) -> str:
    head = _b64(json.dumps({"alg": "HS256", "typ": "JWT", "kid": key_id}).encode())
    signed = f"{head}.{_b64(json.dumps(claims).encode())}"
    return f"{signed}.{_b64(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


async def test_user_is_made_once_and_found_by_either_id() -> None:
    async with zendesk_bench() as zendesk:
        profile = {"givenName": "Maria", "surname": None, "email": "maria@acme.example"}
        made = await zendesk.post("/users", {"externalId": "u-1", "profile": profile}, 201)
        again = await zendesk.client.post("/users", json={"externalId": "u-1"})
        assert error(again) == (409, "conflict", "User already exists")
        for name in ("u-1", made["user"]["id"]):
            assert (await zendesk.client.get(f"/users/{name}")).json() == made
        missing = await zendesk.client.get("/users/u-2")
        assert error(missing) == (404, "user_not_found", "User not found")
        changed = await zendesk.client.patch("/users/u-1", json={"profile": {"surname": "Pappa"}})
        assert changed.json()["user"]["profile"]["surname"] == "Pappa"
        assert changed.json()["user"]["profile"]["givenName"] == "Maria"


async def test_external_id_with_a_slash_is_one_part_of_the_path() -> None:
    async with zendesk_bench() as zendesk:
        await zendesk.post("/users", {"externalId": "acme/7"}, 201)
        assert (await zendesk.client.get("/users/acme%2F7")).status_code == 200


async def test_conversation_is_made_for_a_user_and_listed() -> None:
    async with zendesk_bench() as zendesk:
        first = await zendesk.conversation(metadata={"ref": "h-1.1"})
        second = await zendesk.conversation()
        shown = (await zendesk.client.get(f"/conversations/{first}")).json()["conversation"]
        assert (shown["metadata"], shown["isDefault"]) == ({"ref": "h-1.1"}, True)
        query = {"filter[userExternalId]": "u-1", "page[size]": "1"}
        page = (await zendesk.client.get("/conversations", params=query)).json()
        assert [one["id"] for one in page["conversations"]] == [first]
        assert page["meta"] == {"hasMore": True, "afterCursor": first}
        query["page[after]"] = first
        page = (await zendesk.client.get("/conversations", params=query)).json()
        assert [one["id"] for one in page["conversations"]] == [second]
        assert page["meta"]["hasMore"] is False
        default = await zendesk.client.delete(f"/conversations/{first}")
        assert error(default)[:2] == (400, "bad_request")
        assert (await zendesk.client.delete(f"/conversations/{second}")).json() == {}
        gone = await zendesk.client.get(f"/conversations/{second}")
        assert error(gone) == (404, "conversation_not_found", "Conversation not found")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/users", {"externalId": ""}),
        ("/users", {"external_id": "u-1"}),
        ("/users", {"profile": {"email": "nobody"}}),
        ("/users", {"metadata": {"deep": {"er": 1}}}),
        ("/users", {"metadata": {"long": "x" * 4096}}),
        ("/conversations", {"type": "personal"}),
        ("/conversations", {"type": "personal", "participants": []}),
        ("/conversations", {"type": "group", "participants": [{"userExternalId": "u-1"}]}),
        ("/conversations", {"type": "sdkGroup", "participants": [{"userExternalId": "u-1"}]}),
        ("/conversations", {"type": "personal", "participants": [{}]}),
    ],
)
async def test_what_does_not_fit_is_refused_and_changes_nothing(path: str, body: object) -> None:
    async with zendesk_bench() as zendesk:
        await zendesk.conversation()
        answer = await zendesk.client.post(path, json=body)
        assert error(answer)[:2] == (400, "bad_request")
        assert zendesk.zendesk.requests[-1].applied == ""


async def test_conversation_of_nobody_is_refused() -> None:
    async with zendesk_bench() as zendesk:
        body = {"type": "personal", "participants": [{"userId": "5f4eaef81e3dcc117c7ba48a"}]}
        assert error(await zendesk.client.post("/conversations", json=body))[:2] == (404, "user_not_found")


async def test_callers_show_a_key_by_password_or_by_a_token_that_they_signed() -> None:
    async with zendesk_bench() as zendesk:
        mine = zendesk.zendesk.settings

        async def ask(**headers: str) -> httpx.Response:
            async with httpx.AsyncClient(
                transport=zendesk.zendesk.transport(), base_url=mine.base_url
            ) as caller:
                return await caller.get(f"/sc/v2/apps/{APP}/switchboards", headers=headers)

        assert error(await ask())[:2] == (401, "unauthorized")
        for token, status in (
            (_jwt(mine.key_id, mine.secret, scope="app"), 200),
            (_jwt(mine.key_id, "another-secret", scope="app"), 401),
            (_jwt("app_unknown", mine.secret, scope="app"), 401),
            (_jwt(mine.key_id, mine.secret, scope="app", exp=1), 401),
            (_jwt(mine.key_id, mine.secret, scope="user"), 403),
        ):
            assert (await ask(authorization=f"Bearer {token}")).status_code == status


async def test_app_that_there_is_not_is_not_found() -> None:
    async with zendesk_bench() as zendesk:
        answer = await zendesk.client.get("https://acme.zendesk.example/sc/v2/apps/5e/switchboards")
        assert error(answer) == (404, "app_not_found", "App not found")


async def test_limit_of_calls_is_answered_as_documented() -> None:
    async with zendesk_bench(calls_per_second=1) as zendesk:
        await zendesk.post("/users", {}, 201)
        assert error(await zendesk.client.post("/users", json={}))[0] == 429
        zendesk.clock.advance(1)
        await zendesk.post("/users", {}, 201)
