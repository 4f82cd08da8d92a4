from __future__ import annotations

from typing import Any

import httpx
import pytest

from contrib.simulators.tests.support_bench import SupportBench, support_bench

NO_AUTH = httpx.Auth()


async def _token(zendesk: SupportBench, status: int = 201, **more: Any) -> dict[str, Any]:
    mine = zendesk.zendesk.settings
    body = {
        "grant_type": "client_credentials",
        "client_id": mine.client_id,
        "client_secret": mine.client_secret,
        "scope": "read write",
        **more,
    }
    answer = await zendesk.client.post(f"{mine.base_url}/oauth/tokens", json=body, auth=NO_AUTH)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


async def test_api_token_opens_until_api_tokens_are_no_more() -> None:
    async with support_bench() as zendesk:
        me = await zendesk.client.get("/users/me.json")
        assert (me.status_code, me.json()["user"]["email"]) == (200, "bot@acme.example")
        wrong = await zendesk.client.get("/users/me", auth=("bot@acme.example/token", "guess"))
        assert (wrong.status_code, wrong.json()) == (401, {"error": "Couldn't authenticate you"})
        plain = await zendesk.client.get(
            "/users/me", auth=("bot@acme.example", zendesk.zendesk.settings.api_token)
        )
        assert plain.status_code == 401
        stranger = ("nobody@acme.example/token", zendesk.zendesk.settings.api_token)
        assert (await zendesk.client.get("/users/me", auth=stranger)).status_code == 401
    async with support_bench(api_tokens=False) as zendesk:
        assert (await zendesk.client.get("/users/me")).status_code == 401
        assert "clientId" in zendesk.zendesk.integration("crm")


async def test_token_by_oauth_opens_what_its_scopes_reach_until_it_is_too_old() -> None:
    async with support_bench() as zendesk:
        given = await _token(zendesk, scope="tickets:read users:read")
        assert (given["expires_in"], given["token_type"], "refresh_token" in given) == (1800, "bearer", False)
        headers = {"authorization": f"Bearer {given['access_token']}"}
        assert (await zendesk.client.get("/tickets", headers=headers, auth=NO_AUTH)).status_code == 200
        answer = await zendesk.client.post("/tickets", json={"ticket": {}}, headers=headers, auth=NO_AUTH)
        assert (answer.status_code, answer.json()) == (
            403,
            {"error": "Forbidden", "description": "Missing the following required scopes: write"},
        )
        zendesk.clock.advance(1800)
        assert (await zendesk.client.get("/tickets", headers=headers, auth=NO_AUTH)).status_code == 401


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"expires_in": 300}, 400, "invalid_request"),
        ({"colour": "red"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant"),
    ],
)
async def test_token_is_refused_for_what_does_not_fit(change: dict[str, Any], status: int, code: str) -> None:
    async with support_bench() as zendesk:
        assert (await _token(zendesk, status, **change))["error"] == code


async def test_refresh_token_renews_once() -> None:
    async with support_bench(refresh_tokens=True) as zendesk:
        given = await _token(zendesk, expires_in=600)
        assert given["expires_in"] == 600
        again = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
        assert (await _token(zendesk, **again))["scope"] == "read write"
        assert (await _token(zendesk, 400, **again))["error"] == "invalid_grant"
        assert str(given["refresh_token"]) not in str(zendesk.zendesk.requests)


async def test_account_has_so_many_calls_a_minute() -> None:
    async with support_bench(calls_per_minute=2) as zendesk:
        first = await zendesk.client.get("/tickets")
        assert (first.headers["x-rate-limit"], first.headers["ratelimit-remaining"]) == ("2", "1")
        await zendesk.client.get("/tickets")
        zendesk.clock.advance(20)
        late = await zendesk.client.get("/tickets")
        assert (late.status_code, late.headers["retry-after"]) == (429, "40")
        assert late.headers["content-type"].startswith("text/plain")
        zendesk.clock.advance(40)
        assert (await zendesk.client.get("/tickets")).status_code == 200


async def test_one_ticket_has_so_many_changes_in_ten_minutes() -> None:
    async with support_bench(updates_per_ticket=2) as zendesk:
        made, other = await zendesk.create(), await zendesk.create()
        answers = [await zendesk.update(made["id"], priority=one) for one in ("low", "high", "urgent")]
        assert [one.status_code for one in answers] == [200, 200, 429]
        name = "zendesk-ratelimit-per-ticket-updates"
        assert answers[1].headers[name] == "total=2; remaining=0; resets=600"
        assert answers[2].headers["retry-after"] == "600"
        assert answers[2].json()["error"] == "TooManyRequests"
        assert (await zendesk.update(other["id"], priority="low")).status_code == 200


async def test_content_type_and_accept_must_be_json() -> None:
    async with support_bench() as zendesk:
        text = await zendesk.client.post("/tickets", content=b"{}", headers={"content-type": "text/plain"})
        assert text.status_code == 415
        page = await zendesk.client.get("/tickets", headers={"accept": "text/html"})
        assert page.status_code == 415
        kind = {"content-type": "application/json"}
        broken = await zendesk.client.post("/tickets", content=b"{", headers=kind)
        assert (broken.status_code, broken.json()["error"]) == (400, "InvalidJSON")
        nothing = await zendesk.client.post("/tickets", json={"tickets": {}})
        assert nothing.status_code == 400
        nowhere = await zendesk.client.get("/nowhere")
        assert (nowhere.status_code, nowhere.json()["error"]) == (404, "InvalidEndpoint")


async def test_faults_of_its_operations_happen() -> None:
    async with support_bench() as zendesk:
        for operation in (
            "create",
            "comment",
            "attach",
            "read",
            "find",
            "list",
            "fields",
            "token",
            "contact",
        ):
            assert operation in zendesk.zendesk.faults.operations
        zendesk.zendesk.faults.script("create", "status", status=503, retry_after=7)
        answer = await zendesk.client.post("/tickets", json={"ticket": {"comment": {"body": "x"}}})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
        assert answer.json()["error"] == "DatabaseDeadlock"
        zendesk.zendesk.faults.script("create", "time_out_after")
        with pytest.raises(httpx.ReadTimeout):
            await zendesk.create()
        assert len(await zendesk.human.tickets()) == 1
        zendesk.zendesk.faults.script("comment", "status", status=409)
        number = int((await zendesk.human.tickets())[0].id)
        busy = await zendesk.update(number, comment={"body": "and more"})
        assert (busy.status_code, busy.json()["error"]) == (409, "DatabaseConflict")
        assert (await zendesk.update(number, priority="low")).status_code == 200
