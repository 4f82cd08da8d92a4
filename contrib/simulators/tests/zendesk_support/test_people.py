from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrib.simulators.tests.support_bench import support_bench
from livechat_sdk_simulators.zendesk_support.query import matches, terms

ANN: dict[str, Any] = {
    "name": "Ann Mavrou",
    "email": "ann@acme.example",
    "phone": "+302101234567",
    "external_id": "C-7",
    "user_fields": {"plan": "gold"},
}


async def test_user_is_found_by_address_phone_external_id_and_own_field() -> None:
    async with support_bench() as zendesk:
        ann = int(await zendesk.human.add_contact(**ANN))
        await zendesk.human.add_contact(name="Joann", email="jo+ann@acme.example.org")
        for query in (
            'type:user email:"ann@acme.example"',
            "type:user phone:+302101234567",
            "type:user external_id:c-7",
            "type:user plan:gold",
            'type:user name:"Ann Mavrou"',
            "type:user mavr",
            "type:user name:ann -name:joann",
        ):
            assert ann in await zendesk.found(query), query
        fuzzy = await zendesk.found('email:"ann@acme.example"', "/users/search", "users")
        assert len(fuzzy) == 2, "a search is no comparison"
        exact = await zendesk.client.get("/users/search", params={"external_id": "C-7"})
        assert [one["id"] for one in exact.json()["users"]] == [ann]
        assert [one.operation for one in zendesk.zendesk.requests] == ["contact"] * 9


async def test_quote_in_a_value_ends_the_phrase_and_changes_what_is_found() -> None:
    async with support_bench() as zendesk:
        ann = int(await zendesk.human.add_contact(**ANN))
        ben = int(await zendesk.human.add_contact(name="Ben", email="ben@acme.example", role="agent"))
        hostile = 'nobody@x.example" email:"ben@acme.example'
        assert await zendesk.found(f'type:user email:"{hostile}"') == [ben]
        assert await zendesk.found('type:user email:"nobody@x.example"') == []
        assert await zendesk.found('type:user name:"x" name:*') != [ann]


async def test_new_and_changed_users_are_searched_late_but_shown_at_once() -> None:
    async with support_bench() as zendesk:
        answer = await zendesk.client.post("/users", json={"user": {**ANN, "skip_verify_email": True}})
        number = answer.json()["user"]["id"]
        assert answer.status_code == 201
        assert await zendesk.found('email:"ann@acme.example"', "/users/search", "users") == []
        shown = await zendesk.client.get("/users/show_many.json", params={"external_ids": "C-7,C-8"})
        assert [one["id"] for one in shown.json()["users"]] == [number]
        zendesk.clock.advance(60)
        assert await zendesk.found('email:"ann@acme.example"', "/users/search", "users") == [number]
        await zendesk.client.put(f"/users/{number}", json={"user": {"phone": "1234"}})
        zendesk.clock.advance(59)
        assert await zendesk.found("type:user phone:1234") == []
        zendesk.clock.advance(1)
        assert await zendesk.found("type:user phone:1234") == [number]


async def test_create_or_update_makes_once_and_rewrites_the_external_id() -> None:
    async with support_bench() as zendesk:
        first = await zendesk.client.post("/users/create_or_update.json", json={"user": ANN})
        ask = {"user": {"name": "Ann M.", "external_id": "c-7"}}
        second = await zendesk.client.post("/users/create_or_update", json=ask)
        assert (first.status_code, second.status_code) == (201, 200)
        user = second.json()["user"]
        assert (user["id"], user["external_id"], user["name"]) == (
            first.json()["user"]["id"],
            "c-7",
            "Ann M.",
        )
        by_mail = {"user": {"name": "Ann", "email": "ANN@acme.example"}}
        assert (await zendesk.client.post("/users/create_or_update", json=by_mail)).status_code == 200


@pytest.mark.parametrize(
    ("user", "field"),
    [
        ({"email": "x@y.example"}, "name"),
        ({"name": "B", "email": "ann@acme.example"}, "email"),
        ({"name": "B", "external_id": "c-7"}, "external_id"),
        ({"name": "B", "email": "none"}, "email"),
        ({"name": "B", "role": "king"}, "role"),
        ({"name": "B", "organization_id": 4}, "organization"),
    ],
)
async def test_user_that_cannot_be_is_refused(user: dict[str, Any], field: str) -> None:
    async with support_bench() as zendesk:
        await zendesk.human.add_contact(**ANN)
        answer = await zendesk.client.post("/users", json={"user": user})
        assert (answer.status_code, list(answer.json()["details"])) == (422, [field])
        assert len(await zendesk.human.contacts()) == 2


async def test_user_has_identities_an_organization_and_tickets() -> None:
    async with support_bench() as zendesk:
        acme = int(
            await zendesk.human.add_account(name="Acme", external_id="A-1", domain_names=["acme.example"])
        )
        ann = int(await zendesk.human.add_contact(**ANN, organization_id=acme))
        await zendesk.client.put(f"/users/{ann}", json={"user": {"email": "ann@home.example"}})
        found = (await zendesk.client.get(f"/users/{ann}/identities.json?type[]=email")).json()["identities"]
        assert [(one["value"], one["primary"]) for one in found] == [
            ("ann@acme.example", True),
            ("ann@home.example", False),
        ]
        [organization] = (await zendesk.client.get(f"/users/{ann}/organizations")).json()["organizations"]
        assert (organization["id"], organization["domain_names"]) == (acme, ["acme.example"])
        made = await zendesk.create(requester="ann@home.example")
        assert made["organization_id"] == acme
        for path in (f"/users/{ann}/tickets/requested.json", f"/organizations/{acme}/tickets.json"):
            listed = (await zendesk.client.get(path, params={"include": "users"})).json()
            assert [one["id"] for one in listed["tickets"]] == [made["id"]]
            assert [one["id"] for one in listed["users"]] == [ann]
        members = (await zendesk.client.get(f"/organizations/{acme}/users")).json()["users"]
        assert [one["id"] for one in members] == [ann]


async def test_organization_is_found_by_its_whole_name_and_named_once() -> None:
    async with support_bench() as zendesk:
        acme = int(await zendesk.human.add_account(name="Acme", external_id="A-1"))
        for query in ({"name": "acme"}, {"external_id": "a-1"}):
            answer = await zendesk.client.get("/organizations/search", params=query)
            assert [one["id"] for one in answer.json()["organizations"]] == [acme]
        none = await zendesk.client.get("/organizations/search", params={"name": "Acm"})
        assert none.json()["organizations"] == []
        assert (await zendesk.client.get("/organizations/search")).status_code == 400
        twice = await zendesk.client.post("/organizations", json={"organization": {"name": "ACME"}})
        assert twice.json()["details"]["name"][0]["error"] == "DuplicateValue"
        assert (await zendesk.client.get("/organizations/autocomplete?name=ac")).json()["count"] == 1


async def test_deleted_user_is_shown_and_not_found() -> None:
    async with support_bench() as zendesk:
        ann = int(await zendesk.human.add_contact(**ANN))
        gone = await zendesk.client.delete(f"/users/{ann}")
        assert (gone.status_code, gone.json()["user"]["active"]) == (200, False)
        assert (await zendesk.client.get(f"/users/{ann}")).json()["user"]["active"] is False
        listed = await zendesk.client.get("/users/show_many", params={"ids": str(ann)})
        assert listed.json()["users"] == []
        assert (await zendesk.client.get("/users/7")).json()["error"] == "RecordNotFound"


async def test_search_reaches_a_thousand_and_pages_by_number_only() -> None:
    async with support_bench() as zendesk:
        await zendesk.human.add_contact(**ANN)
        far = await zendesk.client.get("/search", params={"query": "type:user", "page": 11})
        assert (far.status_code, far.json()["error"]) == (422, "invalid")
        cursor = await zendesk.client.get("/search?query=type:user&page[size]=5")
        assert cursor.status_code == 400
        assert (await zendesk.client.get("/search")).status_code == 400


@given(st.text(max_size=60))
def test_no_query_is_too_strange_to_be_read(query: str) -> None:
    read = terms(query)
    matches({"name": query, "email": None, "tags": [query], "created_at": "2026-01-01"}, read)
    assert len(read) <= len(query)


@given(st.text(alphabet='abc:"-<>* ', max_size=20), st.sampled_from(["ann", "ben", "a b"]))
def test_phrase_without_quotes_inside_is_one_term(before: str, phrase: str) -> None:
    read = terms(f'name:"{phrase}"')
    assert [(one.name, one.value, one.quoted) for one in read] == [("name", phrase, True)]
    assert terms(f'name:"{phrase}" {before}')[0] == read[0]
