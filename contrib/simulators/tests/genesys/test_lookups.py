from __future__ import annotations

from typing import Any

import pytest

from contrib.simulators.tests.genesys_bench import GenesysBench, error, genesys_bench

DAY = "2026-11-24T00:00:00.000Z/2026-11-25T00:00:00.000Z"
QUERY = "/analytics/conversations/details/query"
CONTACTS = "/externalcontacts"


# ------------------------------------------------------------------------------------------ the token
async def test_token_tells_whose_it_is() -> None:
    async with genesys_bench() as genesys:
        me = await genesys.call("GET", "/tokens/me")
        assert me["OAuthClient"]["id"] == genesys.genesys.settings.client_id
        assert me["OAuthClient"]["authorizedGrantType"] == "CLIENT-CREDENTIALS"
        head = await genesys.client.head("/tokens/me")
        assert (head.status_code, head.content) == (200, b"")
        genesys.genesys.expire_credentials()
        assert (await genesys.client.head("/tokens/me")).status_code == 401


async def test_agent_is_shown_to_who_may_see_the_directory() -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        await genesys.human.join("u-1", "Eleni")
        user = (await genesys.conversation(conversation))["participants"][-1]["user"]["id"]
        assert (await genesys.call("GET", f"/users/{user}"))["name"] == "Eleni"
        assert error(await genesys.client.get("/users/nobody")) == (404, "not.found")
        genesys.genesys.missing_rights.add("directory:user:view")
        assert error(await genesys.client.get(f"/users/{user}")) == (403, "missing.permissions")


# --------------------------------------------------------------------------------- past conversations
def _query(**predicates: str) -> dict[str, Any]:
    found = [{"dimension": name, "value": value} for name, value in predicates.items()]
    return {"interval": DAY, "segmentFilters": [{"type": "and", "predicates": found}]}


async def _found(genesys: GenesysBench, **predicates: str) -> list[dict[str, Any]]:
    return list((await genesys.call("POST", QUERY, _query(**predicates))).get("conversations", []))


async def test_conversation_is_found_by_its_end_user_some_time_later() -> None:
    async with genesys_bench(analytics_lag=60) as genesys:
        conversation = await genesys.write()
        await genesys.write("u-2")
        assert await _found(genesys, addressFrom="u-1") == []
        genesys.clock.advance(60)
        await genesys.human.end("u-1")
        [found] = await _found(genesys, mediaType="message", messageType="open", addressFrom="u-1")
        assert found["conversationId"] == conversation
        assert "conversationEnd" not in found
        customer = found["participants"][0]
        assert (customer["purpose"], customer["sessions"][0]["addressFrom"]) == ("customer", "u-1")
        genesys.clock.advance(60)
        [found] = await _found(genesys, addressFrom="u-1")
        assert found["conversationEnd"] == "2026-11-24T09:01:00.000Z"
        body = {**_query(mediaType="message"), "paging": {"pageSize": 1, "pageNumber": 2}}
        page = await genesys.call("POST", QUERY, {**body, "order": "desc"})
        assert (page["totalHits"], page["conversations"][0]["conversationId"]) == (2, conversation)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"interval": "today"}, "bad.request"),
        ({"interval": "2026-11-24T00:00:00Z/2026-12-31T00:00:00Z"}, "bad.request"),
        ({"interval": None}, "constraint.validation"),
        (_query(mood="good"), "invalid.value"),
        ({"limit": 5}, "invalid.property"),
    ],
)
async def test_query_that_does_not_fit_is_refused(change: dict[str, Any], code: str) -> None:
    async with genesys_bench(analytics_lag=0) as genesys:
        await genesys.write()
        body = {**_query(addressFrom="u-1"), **change}
        assert error(await genesys.client.post(QUERY, json=body)) == (400, code)


# -------------------------------------------------------------------------------------- opening hours
async def test_schedules_are_local_and_their_group_has_the_zone() -> None:
    async with genesys_bench() as genesys:
        [group] = (await genesys.call("GET", "/architect/schedulegroups"))["entities"]
        assert group["timeZone"] == "Europe/Athens"
        assert group == await genesys.call("GET", f"/architect/schedulegroups/{group['id']}")
        [opened] = group["openSchedules"]
        schedule = await genesys.call("GET", f"/architect/schedules/{opened['id']}")
        assert (schedule["start"], schedule["rrule"]) == (
            "2026-01-05T09:00:00.000000",
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        )
        listed = await genesys.call("GET", "/architect/schedules?name=christmas")
        assert [one["id"] for one in listed["entities"]] == [one["id"] for one in group["holidaySchedules"]]
        missing = await genesys.client.get("/architect/schedules/nobody")
        assert error(missing) == (404, "general.resource.not.found")
        genesys.genesys.missing_rights |= {"routing:schedule:view", "routing:scheduleGroup:view"}
        for path in ("/architect/schedulegroups", "/architect/schedules"):
            assert error(await genesys.client.get(path)) == (403, "missing.permissions")


# ------------------------------------------------------------------------------------ external contacts
async def test_contact_is_found_in_every_way() -> None:
    async with genesys_bench() as genesys:
        look_up = f"{CONTACTS}/reversewhitepageslookup?lookupVal="
        [maria] = (await genesys.call("GET", f"{look_up}Maria@customer.example"))["contacts"]
        assert maria["firstName"] == "Maria"
        assert (await genesys.call("GET", f"{look_up}%2B302101234567"))["contacts"] == [maria]
        assert (await genesys.call("GET", f"{look_up}maria"))["contacts"] == []
        assert (await genesys.call("GET", f"{CONTACTS}/contacts?q=papada"))["entities"] == [maria]
        assert await genesys.call("GET", f"{CONTACTS}/contacts/{maria['id']}") == maria
        identify = f"{CONTACTS}/identifierlookup/contacts"
        mail = {"type": "Email", "value": "maria@customer.example"}
        assert await genesys.call("POST", identify, mail) == maria
        nobody = await genesys.client.post(identify, json={**mail, "value": "x@y.example"})
        assert error(nobody) == (404, "not.found")
        wrong = await genesys.client.post(identify, json={**mail, "type": "email"})
        assert error(wrong) == (400, "invalid.value")
        assert error(await genesys.client.get(look_up)) == (400, "constraint.validation")
        genesys.genesys.missing_rights.add("externalContacts:contact:view")
        assert error(await genesys.client.get(f"{look_up}x")) == (403, "missing.permissions")


async def test_contact_is_made_and_bound_to_a_conversation() -> None:
    async with genesys_bench() as genesys:
        source = {"externalSource": {"id": "crm"}, "value": "4711"}
        body = {"firstName": "Nikos", "cellPhone": {"e164": "+302107654321"}, "externalIds": [source]}
        nikos = await genesys.call("POST", f"{CONTACTS}/contacts", body)
        by_id = {"type": "ExternalId", **source}
        found = await genesys.call("POST", f"{CONTACTS}/identifierlookup/contacts", by_id)
        assert found["id"] == nikos["id"]
        conversation = await genesys.write()
        shown = (await genesys.call("GET", f"/conversations/{conversation}"))["participants"][0]
        bound = {
            "externalContactId": nikos["id"],
            "conversationId": conversation,
            "communicationId": shown["messages"][0]["id"],
            "mediaType": "MESSAGE",
        }
        socket = await genesys.socket(f"v2.detail.events.conversation.{conversation}.contact")
        path = f"{CONTACTS}/conversations/{conversation}"
        await genesys.call("PUT", path, bound, 202)
        [frame] = await genesys.frames(socket)
        assert frame["eventBody"]["externalContactId"] == nikos["id"]
        customer = (await genesys.conversation(conversation))["participants"][0]
        assert customer["externalContact"]["id"] == nikos["id"]
        del bound["externalContactId"]
        await genesys.call("PUT", path, bound, 202)
        assert "externalContact" not in (await genesys.conversation(conversation))["participants"][0]
        lost = await genesys.client.put(path, json={**bound, "communicationId": "x"})
        assert error(lost) == (404, "not.found")
        empty = await genesys.client.post(f"{CONTACTS}/contacts", json={})
        assert error(empty) == (400, "constraint.validation")
