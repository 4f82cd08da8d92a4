from __future__ import annotations

import httpx
import pytest

from contrib.simulators.tests.dynamics_bench import code, dynamics_bench


async def test_token_is_given_for_id_and_secret_and_expires() -> None:
    async with dynamics_bench() as dynamics:
        given = await dynamics.token()
        assert (given.status_code, given.json()["token_type"], given.json()["expires_in"]) == (
            200,
            "Bearer",
            3599,
        )
        assert "refresh_token" not in given.json()
        who = await dynamics.client.get("WhoAmI")
        assert (who.status_code, who.json()["UserId"]) == (200, dynamics.dynamics.user_id)
        dynamics.clock.advance(3599)
        late = await dynamics.client.get("WhoAmI")
        assert (late.status_code, late.content) == (401, b"")
        assert late.headers["www-authenticate"].startswith("Bearer authorization_uri=")


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "11111111-2222-3333-4444-555555555555"}, 400, "unauthorized_client"),
        ({"scope": "https://other.crm4.dynamics.example/.default"}, 400, "invalid_scope"),
        ({"scope": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"tenant": "nobody"}, 400, "invalid_request"),
        ({"colour": "red"}, 400, "invalid_request"),
    ],
)
async def test_token_is_refused_with_numbers_to_ask_by(
    change: dict[str, str], status: int, error: str
) -> None:
    async with dynamics_bench() as dynamics:
        answer = await dynamics.token(**change)
        body = answer.json()
        assert (answer.status_code, body["error"]) == (status, error)
        assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
        assert body["trace_id"] in body["error_description"]


@pytest.mark.parametrize(("access", "wanted"), [("stranger", "0x80072560"), ("blocked", "0x80095ffc")])
async def test_token_alone_opens_nothing(access: str, wanted: str) -> None:
    async with dynamics_bench(access=access) as dynamics:
        assert code(await dynamics.client.get("WhoAmI")) == (403, wanted)


async def test_missing_privilege_is_named() -> None:
    missing = ("prvReadContact", "prvCreateIncident", "prvWriteContact", "prvDeleteContact")
    async with dynamics_bench(missing_privileges=missing) as dynamics:
        contact = await dynamics.human.add_contact(lastname="Mavrou")
        bound = {"customerid_contact@odata.bind": f"/contacts({contact})"}
        answers = [
            await dynamics.client.get("contacts"),
            await dynamics.client.post("incidents", json=bound),
            await dynamics.client.patch(f"contacts({contact})", json={"jobtitle": "x"}),
            await dynamics.client.delete(f"contacts({contact})"),
        ]
        assert [code(one) for one in answers] == [(403, "0x80040220")] * 4
        for name, answer in zip(missing, answers, strict=True):
            assert name in answer.json()["error"]["message"]
        assert (await dynamics.client.post("contacts", json={"lastname": "B"})).status_code == 204


@pytest.mark.parametrize("missing", ["prvAppendIncident", "prvAppendToContact"])
async def test_row_leads_to_another_only_where_the_one_may_be_appended_to_the_other(missing: str) -> None:
    async with dynamics_bench(missing_privileges=(missing,)) as dynamics:
        contact = await dynamics.human.add_contact(lastname="Mavrou")
        bound = {"customerid_contact@odata.bind": f"/contacts({contact})"}
        refused = await dynamics.client.post("incidents", json=bound)
        assert code(refused) == (403, "0x80040220")
        assert missing in refused.json()["error"]["message"]


async def test_table_that_may_not_be_read_is_not_expanded_either() -> None:
    async with dynamics_bench(missing_privileges=("prvReadAccount",)) as dynamics:
        account = await dynamics.human.add_account(name="Acme")
        contact = await dynamics.human.add_contact(lastname="Mavrou", account=account)
        for path in (
            "contacts?$expand=parentcustomerid_account($select=name)",
            f"contacts({contact})?$expand=parentcustomerid_account",
            f"contacts({contact})/parentcustomerid_account",
            "tasks?$expand=regardingobjectid_contact_task($expand=parentcustomerid_account)",
        ):
            assert code(await dynamics.client.get(path)) == (403, "0x80040220"), path
        assert (await dynamics.client.get(f"contacts({contact})")).status_code == 200


async def test_user_has_so_many_calls_in_a_window_and_waits_longer_who_carries_on() -> None:
    async with dynamics_bench(requests_per_window=2) as dynamics:
        first = await dynamics.client.get("WhoAmI")
        assert first.headers["x-ms-ratelimit-burst-remaining-xrm-requests"] == "1"
        await dynamics.client.get("WhoAmI")
        dynamics.clock.advance(100)
        answers = [await dynamics.client.get("WhoAmI") for _ in range(3)]
        assert [code(one) for one in answers] == [(429, "0x80072322")] * 3
        assert [one.headers["retry-after"] for one in answers] == ["200", "201", "202"]
        dynamics.clock.advance(200)
        assert (await dynamics.client.get("WhoAmI")).status_code == 200


async def test_user_has_so_much_time_and_so_many_calls_at_once() -> None:
    async with dynamics_bench(execution_seconds=1, seconds_per_call=0.5) as dynamics:
        answers = [await dynamics.client.get("WhoAmI") for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 200, 429]
        assert code(answers[2]) == (429, "0x80072321")
        assert answers[1].headers["x-ms-ratelimit-time-remaining-xrm-requests"] == "0.00"
    async with dynamics_bench() as dynamics:
        dynamics.dynamics.limits.others = 52
        busy = await dynamics.client.get("WhoAmI")
        assert (code(busy), busy.headers["retry-after"]) == ((429, "0x80072326"), "1")
        dynamics.dynamics.limits.others = 51
        assert (await dynamics.client.get("WhoAmI")).status_code == 200


async def test_wrong_addresses_are_no_missing_rows() -> None:
    async with dynamics_bench() as dynamics:
        for path in ("contactz", "Contacts", "contact", "contacts(x", "contacts/firstname", "$metadata"):
            answer = await dynamics.client.get(path)
            assert answer.status_code in {400, 404}, path
            assert answer.json()["error"]["code"] != "0x80040217"
        assert code(await dynamics.client.get("contactz")) == (404, "0x8006088a")
        other = await dynamics.client.get(f"{dynamics.dynamics.settings.base_url}/api/data/v8.2/contacts")
        assert code(other) == (404, "0x8006088a")
        outside = await dynamics.client.get(f"{dynamics.dynamics.settings.base_url}/api/nowhere")
        assert outside.status_code == 404
        assert (await dynamics.client.put("contacts")).status_code == 405
        assert (await dynamics.client.get("contacts", headers={"accept": "text/html"})).status_code == 415


async def test_opportunities_are_missing_where_sales_is_not_installed() -> None:
    async with dynamics_bench(sales=False) as dynamics:
        assert code(await dynamics.client.get("opportunities")) == (404, "0x8006088a")
        contact = await dynamics.human.add_contact(lastname="Mavrou")
        gone = await dynamics.client.get(f"contacts({contact})/opportunity_customer_contacts")
        assert code(gone) == (404, "0x8006088a")


async def test_faults_of_its_operations_happen() -> None:
    async with dynamics_bench() as dynamics:
        known = dynamics.dynamics.faults.operations
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
            assert operation in known
        dynamics.dynamics.faults.script("create", "status", status=429, retry_after=3)
        case = {
            "customerid_contact@odata.bind": f"/contacts({await dynamics.human.add_contact(lastname='M')})"
        }
        refused = await dynamics.client.post("incidents", json=case)
        assert (code(refused), refused.headers["retry-after"]) == ((429, "0x80072322"), "3")
        dynamics.dynamics.faults.script("create", "time_out_after")
        with pytest.raises(httpx.ReadTimeout):
            await dynamics.client.post("incidents", json=case)
        assert len(await dynamics.human.tickets()) == 1
        dynamics.dynamics.faults.script("contact", "expire_token")
        assert (await dynamics.client.get("contacts")).status_code == 401


async def test_operations_are_told_apart_by_address_header_and_body() -> None:
    async with dynamics_bench() as dynamics:
        row = await dynamics.case(new_handoffid="h-1")
        case = row["incidentid"]
        bind = {"objectid_incident@odata.bind": f"/incidents({case})"}
        dynamics.dynamics.requests.clear()
        client = dynamics.client
        await client.get("contacts")
        await client.get("accounts")
        await client.get(f"incidents({case})")
        await client.get("incidents(new_handoffid='h-1')")
        await client.get("incidents", params={"$filter": "new_handoffid eq 'h-1'"})
        await client.get("incidents", params={"$filter": f"_customerid_value eq {case}"})
        await client.get(f"contacts({row['_customerid_value']})/incident_customer_contacts")
        await client.patch(f"incidents({case})", json={"title": "x"}, headers={"if-match": "*"})
        await client.patch(f"incidents({case})", json={"title": "x"}, headers={"if-none-match": "*"})
        await client.post("annotations", json={"notetext": "x", **bind})
        await client.post("annotations", json={"documentbody": "eA==", **bind})
        await client.get("EntityDefinitions")
        await client.get("systemusers")
        assert [one.operation for one in dynamics.dynamics.requests] == [
            "contact",
            "account",
            "read",
            "find",
            "find",
            "list",
            "list",
            "update",
            "create",
            "comment",
            "attach",
            "fields",
            "other",
        ]
        assert {one.chat for one in dynamics.dynamics.requests.of("read")} == {case}
