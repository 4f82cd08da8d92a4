from __future__ import annotations

import httpx
import pytest

from contrib.simulators.tests.jira_bench import DESK, PLATFORM, jira_bench, native, told

MYSELF = f"{PLATFORM}/myself"


async def test_address_and_token_are_asked_for_at_the_site() -> None:
    async with jira_bench() as bench:
        assert (await bench.client.get(MYSELF)).json()["emailAddress"] == "bot@acme.example"
        nobody = await bench.stranger.get(MYSELF)
        assert told(nobody)[:2] == (401, ["Client must be authenticated to access this resource."])
        assert nobody.headers["x-seraph-loginreason"] == "AUTHENTICATED_FAILED"
        mine = bench.jira.settings
        for auth in (
            (mine.user_name, "guess"),
            ("ann@acme.example", mine.token),
            (mine.user_name, mine.scoped_token),
        ):
            assert (await bench.stranger.get(MYSELF, auth=auth)).status_code == 401
        assert (await bench.stranger.get(MYSELF, auth=("Bot@Acme.example", mine.token))).status_code == 200
        assert mine.token not in str(list(bench.jira.requests))


async def test_scoped_token_has_an_address_of_its_own() -> None:
    async with jira_bench(scoped=True) as bench:
        mine = bench.jira.settings
        cloud = (await bench.stranger.get("/_edge/tenant_info")).json()["cloudId"]
        assert bench.jira.integration()["baseUrl"] == f"{mine.base_url}/ex/jira/{cloud}"
        made = await bench.create(labels=["a"])
        assert made["issueKey"] == "ITH-1"
        real = f"https://api.atlassian.com/ex/jira/{cloud}"
        bearer = {"authorization": f"Bearer {mine.scoped_token}"}
        assert (await bench.stranger.get(f"{real}{MYSELF}", headers=bearer)).status_code == 200
        unscoped = await bench.stranger.get(f"{real}{MYSELF}", auth=(mine.user_name, mine.token))
        assert (unscoped.status_code, unscoped.json()) == (401, {"code": 401, "message": "Unauthorized"})
        elsewhere = await bench.stranger.get(
            f"https://api.atlassian.com/ex/jira/other{MYSELF}", headers=bearer
        )
        assert elsewhere.status_code == 404
        on_site = await bench.stranger.get(MYSELF, auth=(mine.user_name, mine.scoped_token))
        assert on_site.status_code == 401


@pytest.mark.parametrize(
    ("missing", "method", "path"),
    [
        ("read:servicedesk-request", "GET", f"{DESK}/request"),
        ("write:servicedesk-request", "POST", f"{DESK}/request"),
        ("manage:servicedesk-customer", "GET", f"{DESK}/servicedesk/10/customer"),
        ("read:jira-work", "POST", f"{PLATFORM}/search/jql"),
        ("write:jira-work", "PUT", f"{PLATFORM}/issue/ITH-1"),
        ("read:jira-user", "GET", MYSELF),
    ],
)
async def test_scope_that_is_missing_is_told(missing: str, method: str, path: str) -> None:
    async with jira_bench(scoped=True) as bench:
        every = bench.jira.settings.scopes
    async with jira_bench(scoped=True, scopes=tuple(one for one in every if one != missing)) as bench:
        answer = await bench.client.request(method, path.lstrip("/"))
        expected = {"code": 401, "message": "Unauthorized; scope does not match"}
        assert (answer.status_code, answer.json()) == (401, expected)


async def test_browsers_are_refused_in_plain_text() -> None:
    async with jira_bench() as bench:
        browser = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64)"}
        refused = await bench.client.post(f"{DESK}/request", json=bench.body(), headers=browser)
        assert (refused.status_code, refused.text) == (403, "XSRF check failed")
        assert refused.headers["content-type"].startswith("text/plain")
        assert (await bench.client.get(MYSELF, headers=browser)).status_code == 200
        trusted = {**browser, "x-atlassian-token": "no-check"}
        assert (
            await bench.client.post(f"{DESK}/request", json=bench.body(), headers=trusted)
        ).status_code == 201


@pytest.mark.parametrize(
    ("right", "method", "path", "body"),
    [
        ("create", "POST", f"{DESK}/request", {}),
        ("comment", "POST", f"{DESK}/request/ITH-1/comment", {"body": "x"}),
        ("comment", "POST", f"{PLATFORM}/issue/ITH-1/comment", {}),
        ("edit", "PUT", f"{PLATFORM}/issue/ITH-1", {}),
        ("transition", "POST", f"{DESK}/request/ITH-1/transition", {}),
        ("attach", "POST", f"{DESK}/request/ITH-1/attachment", {}),
        ("administer", "POST", f"{DESK}/customer", {}),
    ],
)
async def test_right_that_is_missing_is_a_403(
    right: str, method: str, path: str, body: dict[str, str]
) -> None:
    async with jira_bench(missing_rights=(right,)) as bench:
        answer: httpx.Response = await bench.client.request(method, path, json=body)
        assert told(answer)[0] == 403


async def test_calls_of_one_kind_are_so_many_a_second() -> None:
    async with jira_bench(calls_per_second=2) as bench:
        for _ in range(2):
            assert (await bench.client.get(MYSELF)).status_code == 200
        refused = await bench.client.get(MYSELF)
        assert (refused.status_code, refused.headers["ratelimit-reason"]) == (429, "jira-burst-based")
        assert (await bench.client.get(f"{DESK}/request")).status_code == 200
        bench.clock.advance(1)
        assert (await bench.client.get(MYSELF)).status_code == 200


async def test_what_there_is_is_described() -> None:
    async with jira_bench() as bench:
        assert (await bench.client.get(f"{DESK}/info")).json()["isLicensedForUse"] is True
        desks = (await bench.client.get(f"{DESK}/servicedesk")).json()
        assert [(one["id"], one["projectKey"]) for one in desks["values"]] == [("10", "ITH")]
        assert (await bench.stranger.get(f"{PLATFORM}/serverInfo")).json()["deploymentType"] == "Cloud"
        fields = {one["id"]: one for one in (await bench.client.get(f"{PLATFORM}/field")).json()}
        assert fields["customfield_10050"]["clauseNames"] == ["cf[10050]", "Handoff reference"]
        assert (await bench.client.get("/rest/api/4/myself")).status_code == 404


async def test_customers_are_found_as_far_as_their_profiles_let_them() -> None:
    async with jira_bench() as bench:
        ann = await bench.human.add_contact(name="Ann Mavrou", email="ann@acme.example")
        await bench.human.add_contact(displayName="Hidden Ann", email="hidden@acme.example", hidden=True)
        await bench.human.add_contact(name="Away", email="away@acme.example", active=False)
        path, opted = f"{DESK}/servicedesk/10/customer", {"x-experimentalapi": "opt-in"}
        assert told(await bench.client.get(path))[0] == 412

        async def found(query: str) -> list[str]:
            answer = await bench.client.get(path, params={"query": query}, headers=opted)
            return [one["displayName"] for one in answer.json()["values"]]

        assert await found("ann@acme.example") == ["Ann Mavrou"]
        assert await found("mavrou") == ["Ann Mavrou"]
        assert await found("hidden@acme.example") == []
        assert await found("hidden") == ["Hidden Ann"]
        assert await found("away") == []
        users = await bench.client.get(f"{PLATFORM}/user/search", params={"query": "ann@acme.example"})
        assert [one["accountId"] for one in users.json()] == [ann]
    async with jira_bench(opt_in=False) as bench:
        assert (await bench.client.get(f"{DESK}/servicedesk/10/customer")).status_code == 200
        assert (await bench.client.get(f"{DESK}/organization")).json()["values"] == []


async def test_customer_is_made_and_becomes_one_of_the_desk() -> None:
    async with jira_bench(opt_in=False) as bench:
        who = {"displayName": "Ann Mavrou", "email": "ann@acme.example"}
        made = await bench.client.post(f"{DESK}/customer", json=who)
        assert made.status_code == 201
        path = f"{DESK}/servicedesk/10/customer"
        assert (await bench.client.get(path, params={"query": "ann"})).json()["values"] == []
        added = await bench.client.post(path, json={"accountIds": [made.json()["accountId"]]})
        assert added.status_code == 204
        listed = (await bench.client.get(path, params={"query": "ann"})).json()["values"]
        assert [one["emailAddress"] for one in listed] == ["ann@acme.example"]
        again = await bench.client.post(f"{DESK}/customer", json=who)
        assert native(again) == (400, "An account already exists for this email address.")
        wrong = await bench.client.post(f"{DESK}/customer", json={"displayName": "x", "email": "no mail"})
        assert native(wrong)[0] == 400
        assert native(await bench.client.post(path, json={"accountIds": ["nobody"]}))[0] == 400


async def test_customer_who_is_not_active_gets_no_request() -> None:
    async with jira_bench() as bench:
        away = await bench.human.add_contact(name="Away", email="away@acme.example", active=False)
        answer = await bench.client.post(f"{DESK}/request", json={**bench.body(), "raiseOnBehalfOf": away})
        assert "This customer is inactive." in native(answer)[1]
        assert answer.json()["i18nErrorMessage"]["i18nKey"].endswith("failure.required.field")
