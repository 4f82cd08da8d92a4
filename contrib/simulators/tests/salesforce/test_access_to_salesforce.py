from __future__ import annotations

import pytest

from contrib.simulators.tests.salesforce_bench import SalesforceBench, problem, salesforce_bench


async def test_token_comes_without_an_end_and_with_the_address_to_use() -> None:
    async with salesforce_bench() as salesforce:
        answer = await salesforce.token()
        shown = answer.json()
        assert answer.status_code == 200
        assert set(shown) == {
            "access_token",
            "signature",
            "scope",
            "instance_url",
            "id",
            "token_type",
            "issued_at",
        }
        assert shown["instance_url"] == salesforce.salesforce.settings.base_url
        mine = salesforce.salesforce.settings
        url = f"{mine.base_url}/services/oauth2/token"
        basic = await salesforce.client.post(
            url, data={"grant_type": "client_credentials"}, auth=(mine.client_id, mine.client_secret)
        )
        assert basic.status_code == 200
        info = await salesforce.client.get(f"{mine.base_url}/services/oauth2/userinfo")
        assert info.json()["user_id"] == salesforce.salesforce.rules.user_id


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "other"}, "invalid_client_id"),
        ({"client_secret": "guess"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"audience": "x"}, "invalid_request"),
    ],
)
async def test_token_is_refused_with_an_object(changes: dict[str, str], error: str) -> None:
    async with salesforce_bench() as salesforce:
        answer = await salesforce.token(**changes)
        assert (answer.status_code, answer.json()["error"]) == (400, error)
        assert set(answer.json()) == {"error", "error_description"}
    async with salesforce_bench() as salesforce:
        url = f"{salesforce.salesforce.settings.base_url}/services/oauth2/token"
        assert (await salesforce.client.post(url, json={})).json()["error"] == "invalid_request"


async def test_app_without_a_user_gets_no_token() -> None:
    salesforce = SalesforceBench(run_as_user=False)
    async with salesforce.client, salesforce.control:
        answer = await salesforce.token()
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_old_token_is_mended_by_a_new_one() -> None:
    async with salesforce_bench(session_seconds=60) as salesforce:
        assert (await salesforce.client.get("/limits")).status_code == 200
        salesforce.clock.advance(60)
        assert problem(await salesforce.client.get("/limits")) == (401, "INVALID_SESSION_ID")
        await salesforce.log_in()
        assert (await salesforce.client.get("/limits")).status_code == 200
        salesforce.salesforce.faults.script("create", "expire_token")
        assert problem(await salesforce.client.post("/sobjects/Case", json={})) == (401, "INVALID_SESSION_ID")


async def test_refused_session_is_not_mended_by_a_new_token() -> None:
    async with salesforce_bench(session_refused=True) as salesforce:
        for _ in range(2):
            assert problem(await salesforce.client.get("/limits")) == (401, "INVALID_SESSION_ID")
            await salesforce.log_in()
        salesforce.salesforce.oauth.session_refused = False
        assert (await salesforce.client.get("/limits")).status_code == 200


async def test_calls_of_a_day_are_told_and_over_them_nobody_says_how_long() -> None:
    async with salesforce_bench(daily_requests=3) as salesforce:
        first = await salesforce.client.get("/limits/")
        assert first.headers["sforce-limit-info"] == "api-usage=1/3"
        assert first.json() == {"DailyApiRequests": {"Max": 3, "Remaining": 2}}
        salesforce.salesforce.oauth.limit.spend(2, salesforce.clock.now())
        refused = await salesforce.client.post("/sobjects/Case", json={"Subject": "x"})
        assert problem(refused) == (403, "REQUEST_LIMIT_EXCEEDED")
        assert "retry-after" not in refused.headers
        assert refused.headers["sforce-limit-info"] == "api-usage=3/3"
        assert (await salesforce.token()).status_code == 200
        assert await salesforce.human.tickets() == []
        salesforce.clock.advance(24 * 3600)
        await salesforce.log_in()
        assert (await salesforce.client.get("/limits")).status_code == 200
    async with salesforce_bench(daily_requests=None) as salesforce:
        assert "sforce-limit-info" not in (await salesforce.client.get("/limits")).headers


async def test_user_may_lack_rights() -> None:
    forbidden = ("read Contact", "create CaseComment", "update Case", "delete Case")
    async with salesforce_bench(forbidden=forbidden) as salesforce:
        made = await salesforce.make("Case", Subject="x")
        comment = {"ParentId": made, "CommentBody": "x"}
        no_comment = await salesforce.client.post("/sobjects/CaseComment", json=comment)
        assert problem(no_comment) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
        no_change = await salesforce.client.patch(f"/sobjects/Case/{made}", json={"Subject": "y"})
        assert problem(no_change) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
        no_end = await salesforce.client.delete(f"/sobjects/Case/{made}")
        assert problem(no_end) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
        unseen = await salesforce.client.get("/query", params={"q": "SELECT Id FROM Contact"})
        assert problem(unseen) == (400, "INVALID_TYPE")
        assert problem(await salesforce.client.get("/sobjects/Contact/describe")) == (404, "NOT_FOUND")
        for kind in ("CaseStatus", "User"):
            answer = await salesforce.client.post(f"/sobjects/{kind}", json={})
            assert problem(answer) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")


async def test_versions_are_public_and_others_there_are_not() -> None:
    async with salesforce_bench(newest_version=60) as salesforce:
        base = salesforce.salesforce.settings.base_url
        versions = await salesforce.client.get(f"{base}/services/data", headers={"authorization": ""})
        assert versions.json()[-1] == {
            "label": "Version 60",
            "url": "/services/data/v60.0",
            "version": "60.0",
        }
        for version in ("v61.0", "v20.0", "60.0", "v60", "vx.0"):
            answer = await salesforce.client.get(f"{base}/services/data/{version}/limits")
            assert problem(answer) == (404, "NOT_FOUND")
        assert "sobjects" in (await salesforce.client.get(f"{base}/services/data/v60.0/")).json()
        for path in ("/services/data/v60.0/tooling", "/services/data/v60.0/sobjects/Case/a/b/c", "/other"):
            assert problem(await salesforce.client.get(f"{base}{path}")) == (404, "NOT_FOUND")
            assert (await salesforce.client.post(f"{base}{path}", json={})).status_code == 404


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1, "a": 2}', ""])
async def test_body_is_json_by_the_letter(content: str) -> None:
    async with salesforce_bench() as salesforce:
        kind = {"content-type": "application/json"}
        answer = await salesforce.client.post("/sobjects/Case", content=content, headers=kind)
        assert problem(answer) == (400, "JSON_PARSER_ERROR")
        text = await salesforce.client.post(
            "/sobjects/Case", content="{}", headers={"content-type": "text/plain"}
        )
        assert problem(text) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 503])
async def test_scripted_errors_look_like_the_vendors(status: int) -> None:
    async with salesforce_bench() as salesforce:
        salesforce.salesforce.faults.script("create", "status", status=status)
        answer = await salesforce.upsert("7f3c", Subject="x")
        assert problem(answer)[0] == status
        salesforce.salesforce.faults.script("token", "status", status=status)
        assert set((await salesforce.token()).json()) == {"error", "error_description"}


async def test_accepted_case_whose_answer_is_lost_is_there_once() -> None:
    async with salesforce_bench() as salesforce:
        salesforce.salesforce.faults.script("create", "status", status=503, applied=True)
        assert (await salesforce.upsert("7f3c", Subject="x")).status_code == 503
        found = await salesforce.client.get("/sobjects/Case/Handoff_Id__c/7f3c")
        again = await salesforce.upsert("7f3c", Subject="x")
        assert again.json()["id"] == found.json()["Id"]
        assert len(await salesforce.human.tickets()) == 1


async def test_secrets_are_not_in_the_log() -> None:
    async with salesforce_bench() as salesforce:
        await salesforce.make("Case", Subject="x")
        log = str(salesforce.salesforce.requests)
        assert salesforce.salesforce.settings.client_secret not in log
        assert salesforce.client.headers["authorization"].removeprefix("Bearer ") not in log
