from __future__ import annotations

import pytest

from contrib.simulators.tests.bench import Bench, bench, code

FORM = {"grant_type": "client_credentials"}


async def test_token_is_given_out_and_lives_an_hour() -> None:
    async with bench() as parley:
        chat = await parley.open()
        parley.clock.advance(3599)
        assert (await parley.client.get(f"/v1/chats/{chat}")).status_code == 200
        parley.clock.advance(1)
        assert code(await parley.client.get(f"/v1/chats/{chat}")) == (401, "token_invalid")
        await parley.sign_in()
        assert (await parley.client.get(f"/v1/chats/{chat}")).status_code == 200


async def test_answer_has_the_documented_fields() -> None:
    at = Bench()
    settings = at.parley.settings
    answer = await at.client.post(
        "/oauth/token", data=FORM, auth=(settings.client_id, settings.client_secret)
    )
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)


@pytest.mark.parametrize("credentials", [("parley-client", "wrong"), ("nobody", "x")])
async def test_wrong_credentials_are_refused(credentials: tuple[str, str]) -> None:
    answer = await Bench().client.post("/oauth/token", data=FORM, auth=credentials)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


async def test_other_grants_and_other_bodies_are_refused() -> None:
    at = Bench()
    auth = (at.parley.settings.client_id, at.parley.settings.client_secret)
    answer = await at.client.post("/oauth/token", data={"grant_type": "password"}, auth=auth)
    assert (answer.status_code, answer.json()) == (400, {"error": "unsupported_grant_type"})
    answer = await at.client.post("/oauth/token", json=FORM, auth=auth)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


@pytest.mark.parametrize("header", [None, "Bearer made-up", "Basic Zm9v", "Bearer"])
async def test_every_other_call_wants_a_known_token(header: str | None) -> None:
    at = Bench()
    headers = {"authorization": header} if header else {}
    for path in ("/v1/chats?ref=x", "/v1/chats/x", "/v1/availability", "/v1/chats/x/messages"):
        answer = await at.client.get(path, headers=headers)
        assert code(answer) == (401, "token_invalid")
        assert answer.headers["x-request-id"].startswith("req_")


async def test_token_expires_on_demand_in_the_middle_of_a_chat() -> None:
    async with bench() as parley:
        chat = await parley.open()
        parley.parley.faults.script("send", "expire_token")
        assert code(await parley.send(chat)) == (401, "token_invalid")
        await parley.sign_in()
        assert (await parley.send(chat)).status_code == 201
        assert await parley.parley.human.texts(chat) == ["hello"]
