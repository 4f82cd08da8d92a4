from __future__ import annotations

import httpx
import pytest

from contrib.simulators.tests.servicenow_bench import ServiceNowBench, servicenow_bench, told


def form(bench: ServiceNowBench, **changed: str) -> dict[str, str]:
    mine = bench.servicenow.settings
    usual = {
        "grant_type": "client_credentials",
        "client_id": mine.client_id,
        "client_secret": mine.client_secret,
    }
    return {name: value for name, value in {**usual, **changed}.items() if value}


async def token(bench: ServiceNowBench, **changed: str) -> httpx.Response:
    return await bench.stranger.post("/oauth_token.do", data=form(bench, **changed))


async def test_user_name_and_password_are_asked_for() -> None:
    async with servicenow_bench() as bench:
        path = "/api/now/table/incident"
        nobody = await bench.stranger.get(path)
        assert told(nobody) == (401, "User Not Authenticated", "Required to provide Auth information")
        assert nobody.headers["www-authenticate"].startswith("BASIC")
        for auth in (("livechat.bot", "guess"), ("admin", bench.servicenow.settings.password)):
            assert (await bench.stranger.get(path, auth=auth)).status_code == 401
    async with servicenow_bench(basic=False) as bench:
        assert (await bench.client.get("/table/incident")).status_code == 401
        assert "password" not in bench.servicenow.integration()
        assert bench.servicenow.integration()["clientId"] == bench.servicenow.settings.client_id


async def test_api_key_is_taken_where_it_is_set_up() -> None:
    async with servicenow_bench(api_key="key-of-nobody") as bench:
        path, good = "/api/now/table/incident", {"x-sn-apikey": "key-of-nobody"}
        assert (await bench.stranger.get(path, headers=good)).status_code == 200
        assert (await bench.stranger.get(path, headers={"x-sn-apikey": "guess"})).status_code == 401
        assert "key-of-nobody" not in str(list(bench.servicenow.requests))


async def test_tokens_are_given_out_live_and_are_renewed() -> None:
    async with servicenow_bench() as bench:
        mine = bench.servicenow.settings
        given = (await token(bench)).json()
        assert (given["token_type"], given["expires_in"], given["scope"]) == ("Bearer", 1799, "useraccount")
        assert "refresh_token" not in given
        bearer = {"authorization": f"Bearer {given['access_token']}"}
        assert (await bench.stranger.get("/api/now/table/incident", headers=bearer)).status_code == 200
        bench.clock.advance(1799)
        assert (await bench.stranger.get("/api/now/table/incident", headers=bearer)).status_code == 401
        person = {"username": mine.user_name, "password": mine.password}
        first = (await token(bench, grant_type="password", **person)).json()
        again = await token(bench, grant_type="refresh_token", refresh_token=first["refresh_token"])
        assert again.status_code == 200
        assert first["refresh_token"] not in str(list(bench.servicenow.requests))


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"grant_type": "password", "username": "livechat.bot", "password": "guess"}, 401, "server_error"),
        ({"grant_type": "refresh_token", "refresh_token": "old"}, 401, "server_error"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
    ],
)
async def test_no_token_for_who_is_not_known(changed: dict[str, str], status: int, code: str) -> None:
    async with servicenow_bench() as bench:
        answer = await token(bench, **changed)
        assert (answer.status_code, answer.json()["error"]) == (status, code)


async def test_grants_can_be_off_and_forms_are_asked_for() -> None:
    async with servicenow_bench(grants=("password",)) as bench:
        assert (await token(bench)).json()["error"] == "unsupported_grant_type"
        answer = await bench.stranger.post("/oauth_token.do", json=form(bench))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_rights_that_are_missing_are_the_vendors_different_answers() -> None:
    async with servicenow_bench(missing_rights=("api",)) as bench:
        assert told(await bench.client.get("/table/incident"))[:2] == (403, "User Not Authorized")
    async with servicenow_bench(missing_rights=("create incident", "read sys_user")) as bench:
        answer = await bench.client.post("/table/incident", json={"short_description": "x"})
        expected = "ACL Exception Insert Failed due to security constraints"
        assert told(answer) == (403, "Operation Failed", expected)
        await bench.human.add_contact(name="Ann", email="ann@acme.example")
        assert await bench.found("email=ann@acme.example", "sys_user", "name") == []
    rights = ("write incident.work_notes", "read incident.description", "delete incident")
    async with servicenow_bench(missing_rights=rights) as bench:
        made = await bench.create(work_notes="lost", comments="kept", description="unseen")
        assert made["description"] == ""
        assert [one.text for one in await bench.human.comments(made["sys_id"])] == ["kept"]
        gone = await bench.client.delete(f"/table/incident/{made['sys_id']}")
        assert told(gone)[2] == "ACL Exception Delete Failed due to security constraints"
    async with servicenow_bench(missing_rights=("write incident", "create sys_attachment")) as bench:
        made = await bench.create()
        assert told(await bench.change(made["sys_id"], comments="x"))[0] == 403
        place = {"table_name": "incident", "table_sys_id": made["sys_id"], "file_name": "a"}
        kind = {"content-type": "text/plain"}
        sent = await bench.client.post("/attachment/file", params=place, content=b"x", headers=kind)
        assert told(sent)[0] == 403


async def test_journals_that_the_user_may_not_read_are_not_there() -> None:
    async with servicenow_bench(missing_rights=("read incident.work_notes",)) as bench:
        row = (await bench.create(comments="For Ann", work_notes="For us"))["sys_id"]
        assert await bench.found(f"element_id={row}", "sys_journal_field", "value") == ["For Ann"]
        shown = await bench.read(row, sysparm_display_value="true")
        assert "For us" not in str(shown)
    async with servicenow_bench(missing_rights=("read sys_journal_field",)) as bench:
        row = (await bench.create(comments="For Ann"))["sys_id"]
        assert await bench.found(f"element_id={row}", "sys_journal_field", "value") == []
        assert "For Ann" in (await bench.read(row, sysparm_display_value="true"))["comments"]


async def test_hidden_row_is_not_there() -> None:
    async with servicenow_bench() as bench:
        row = (await bench.create(correlation_id="h-1", comments="x"))["sys_id"]
        bench.human.hide("h-1")
        assert await bench.found(f"element_id={row}", "sys_journal_field", "value") == []
        for answer in (
            await bench.client.get(f"/table/incident/{row}"),
            await bench.change(row, urgency="1"),
        ):
            assert told(answer) == (
                404,
                "No Record found",
                "Record doesn't exist or ACL restricts the record retrieval",
            )


async def test_rule_of_so_many_calls_ends_with_the_hour() -> None:
    async with servicenow_bench(calls_per_hour=2) as bench:
        bench.clock.advance(3000)
        for _ in range(2):
            good = await bench.client.get("/table/incident")
            assert good.headers["x-ratelimit-limit"] == "2"
        answer = await bench.client.get("/table/incident")
        assert told(answer) == (
            429,
            "Rate limit exceeded",
            "Rate limit of 2 requests per hour for Table API exceeded",
        )
        assert answer.headers["retry-after"] == "600"
        assert int(answer.headers["x-ratelimit-reset"]) == round(bench.clock.now().timestamp()) + 600
        bench.clock.advance(600)
        assert (await bench.client.get("/table/incident")).status_code == 200


async def test_tokens_can_be_too_old_on_demand() -> None:
    async with servicenow_bench() as bench:
        bearer = {"authorization": f"Bearer {(await token(bench)).json()['access_token']}"}
        bench.servicenow.faults.script("list", "expire_token")
        assert (await bench.stranger.get("/api/now/table/incident", headers=bearer)).status_code == 401
        assert (await bench.client.get("/nothing")).status_code == 404
        assert (await bench.client.patch("/table/incident", json={})).status_code == 405
