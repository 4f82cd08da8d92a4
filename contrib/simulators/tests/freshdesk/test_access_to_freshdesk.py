from __future__ import annotations

import pytest

from contrib.simulators.tests.freshdesk_bench import TICKET, freshdesk_bench, problems


async def test_key_is_the_user_name_and_the_password_is_anything() -> None:
    async with freshdesk_bench() as freshdesk:
        key = freshdesk.freshdesk.settings.api_key
        assert (await freshdesk.client.get("/agents/me", auth=(key, "whatever"))).status_code == 200
        me = (await freshdesk.client.get("/agents/me")).json()
        assert (me["contact"]["email"], me["contact"]["name"]) == ("bot@acme.example", "Livechat Bot")
        for auth in (("guess", "X"), ("X", key)):
            answer = await freshdesk.client.get("/agents/me", auth=auth)
            assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
        bearer = {"authorization": f"Bearer {key}"}
        assert (await freshdesk.client.get("/agents/me", headers=bearer, auth=None)).status_code == 401
    async with freshdesk_bench(deactivated=True) as freshdesk:
        assert (await freshdesk.client.get("/agents/me")).status_code == 401


async def test_role_may_forbid_and_types_are_asked_for() -> None:
    async with freshdesk_bench(forbidden=("fields",)) as freshdesk:
        answer = await freshdesk.client.get("/ticket_fields")
        assert (answer.status_code, answer.json()["code"]) == (403, "access_denied")
        wrong = await freshdesk.client.get("/tickets", headers={"accept": "text/html"})
        assert (wrong.status_code, wrong.json()["code"]) == (406, "unsupported_accept_header")
        text = await freshdesk.client.post("/tickets", content="{}", headers={"content-type": "text/plain"})
        assert text.status_code == 415
        for body in ("{", "[]", '{"a": NaN}', '{"a": 1, "a": 2}'):
            kind = {"content-type": "application/json"}
            answer = await freshdesk.client.post("/tickets", content=body, headers=kind)
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")
        stray = await freshdesk.client.request("GET", "/tickets/1", json={"ticket": {}})
        assert problems(stray) == {"ticket": "invalid_field"}


async def test_budget_of_a_minute_is_told_and_refused_calls_count() -> None:
    async with freshdesk_bench(calls_per_minute=3) as freshdesk:
        first = await freshdesk.client.get("/agents/me")
        assert (
            first.headers["x-ratelimit-total"],
            first.headers["x-ratelimit-remaining"],
            first.headers["x-ratelimit-used-currentrequest"],
        ) == ("3", "2", "1")
        freshdesk.clock.advance(20)
        dear = await freshdesk.client.get("/tickets", params={"include": "requester"})
        assert (dear.status_code, dear.headers["retry-after"]) == (429, "40")
        assert dear.json() == {"message": "You have exceeded the limit of requests per minute"}
        assert dear.headers["x-ratelimit-remaining"] == "0"
        assert dear.headers["x-ratelimit-used-currentrequest"] == "3"
        assert (await freshdesk.client.get("/agents/me")).status_code == 429
        freshdesk.clock.advance(40)
        assert (await freshdesk.client.get("/agents/me")).status_code == 200


async def test_some_calls_have_limits_of_their_own() -> None:
    async with freshdesk_bench(creates_per_minute=2, lists_per_minute=1, updates_per_minute=1) as freshdesk:
        made = [await freshdesk.create() for _ in range(2)]
        refused = await freshdesk.client.post("/tickets", json=TICKET)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        assert len(await freshdesk.human.tickets()) == 2
        assert (await freshdesk.client.get("/tickets")).status_code == 200
        assert (await freshdesk.client.get("/tickets")).status_code == 429
        path = f"/tickets/{made[0]['id']}"
        assert (await freshdesk.client.put(path, json={"status": 3})).status_code == 200
        assert (await freshdesk.client.put(path, json={"status": 4})).status_code == 429
        assert (await freshdesk.client.post(f"{path}/notes", json={"body": "x"})).status_code == 201


async def test_other_programs_use_up_the_same_budget() -> None:
    async with freshdesk_bench() as freshdesk:
        freshdesk.freshdesk.budget.spend(200, freshdesk.clock.now())
        assert (await freshdesk.client.post("/tickets", json=TICKET)).status_code == 429
        assert [one.applied for one in freshdesk.freshdesk.requests.of("create")] == [""]
    async with freshdesk_bench(calls_per_minute=None) as freshdesk:
        answer = await freshdesk.client.get("/agents/me")
        assert "x-ratelimit-total" not in answer.headers


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 503])
async def test_scripted_errors_look_like_the_vendors(status: int) -> None:
    async with freshdesk_bench() as freshdesk:
        freshdesk.freshdesk.faults.script("create", "status", status=status, retry_after=7)
        answer = await freshdesk.client.post("/tickets", json=TICKET)
        assert (answer.status_code, answer.headers["retry-after"]) == (status, "7")
        if status == 404:
            assert answer.content == b""
        elif status == 400:
            assert problems(answer) == {"subject": "invalid_value"}
        else:
            assert answer.json()["message"]


async def test_secret_is_not_in_the_log() -> None:
    async with freshdesk_bench() as freshdesk:
        await freshdesk.create()
        assert freshdesk.freshdesk.settings.api_key not in str(freshdesk.freshdesk.requests)
