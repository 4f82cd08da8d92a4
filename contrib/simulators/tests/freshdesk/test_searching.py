from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrib.simulators.tests.freshdesk_bench import freshdesk_bench, problems
from livechat_sdk_simulators.freshdesk.errors import ValidationFailed
from livechat_sdk_simulators.freshdesk.query import Condition, Tree, fits, read_query

KINDS = {
    "cf_handoff": "text",
    "status": "number",
    "tag": "text",
    "created_at": "moment",
    "cf_consent": "flag",
}


async def test_search_sees_a_ticket_after_a_while_and_as_it_was_then() -> None:
    async with freshdesk_bench() as freshdesk:
        made = await freshdesk.create(custom_fields={"cf_handoff": "7f3c"})
        assert await freshdesk.found("cf_handoff:'7f3c'") == []
        freshdesk.clock.advance(179)
        assert await freshdesk.found("cf_handoff:'7f3c'") == []
        freshdesk.clock.advance(1)
        assert await freshdesk.found("cf_handoff:'7f3c'") == [made["id"]]
        await freshdesk.client.put(f"/tickets/{made['id']}", json={"status": 5})
        assert await freshdesk.found("status:2") == [made["id"]]
        freshdesk.clock.advance(180)
        assert await freshdesk.found("status:2") == []
        assert await freshdesk.found("status:5 AND cf_handoff:'7F3C'") == [made["id"]]


async def test_search_without_a_lag_sees_the_present() -> None:
    async with freshdesk_bench(search_lag=0) as freshdesk:
        made = await freshdesk.create(tags=["Bot"], type="Incident")
        other = await freshdesk.create(status=3, custom_fields={"cf_consent": True, "cf_attempts": 4})
        for query, ids in (
            ("tag:'bot'", [made["id"]]),
            ("type:'Incident'", [made["id"]]),
            ("status:2 OR status:3", [other["id"], made["id"]]),
            ("(status:2 OR status:3) AND tag:'bot'", [made["id"]]),
            ("status:3 AND tag:'bot' OR status:2", [made["id"]]),
            ("cf_consent:true", [other["id"]]),
            ("cf_attempts:>4", [other["id"]]),
            ("cf_attempts:<3", []),
            ("tag:null", [other["id"]]),
            ("agent_id:null AND priority:1", [other["id"], made["id"]]),
            ("created_at:'2026-11-24'", [other["id"], made["id"]]),
            ("created_at:>'2026-11-25'", []),
            ("updated_at:<'2026-11-24' AND status:2", [made["id"]]),
        ):
            assert await freshdesk.found(query) == ids, query


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("status:2", "query", "invalid_value"),
        ('"status:2', "query", "invalid_value"),
        ('""', "query", "invalid_value"),
        ('"status 2"', "query", "invalid_value"),
        ('"(status:2"', "query", "invalid_value"),
        ('"status:2 and status:3"', "query", "invalid_value"),
        ('"status:2 status:3"', "query", "invalid_value"),
        ("\"cf_handoff:'a'b'\"", "query", "invalid_value"),
        ('"cf_handoff:\'a"b\'"', "query", "invalid_value"),
        ("\"cf_handoff:'a\\'b'\"", "query", "invalid_value"),
        (f"\"cf_handoff:'{'x' * 500}'\"", "query", "invalid_value"),
        ('"cf_handoff:7"', "cf_handoff", "datatype_mismatch"),
        ("\"status:'2'\"", "status", "datatype_mismatch"),
        ('"cf_consent:1"', "cf_consent", "datatype_mismatch"),
        ("\"cf_handoff:>'a'\"", "cf_handoff", "datatype_mismatch"),
        ("\"subject:'x'\"", "subject", "invalid_field"),
        ("\"cf_summary:'x'\"", "cf_summary", "invalid_field"),
        ("\"CF_HANDOFF:'x'\"", "CF_HANDOFF", "invalid_field"),
    ],
)
async def test_query_that_cannot_be_read_is_refused(query: str, field: str, code: str) -> None:
    async with freshdesk_bench() as freshdesk:
        answer = await freshdesk.client.get("/search/tickets", params={"query": query})
        assert (answer.status_code, problems(answer)) == (400, {field: code})


async def test_quote_in_a_value_makes_more_query_of_the_rest() -> None:
    async with freshdesk_bench(search_lag=0) as freshdesk:
        made = await freshdesk.create(custom_fields={"cf_handoff": "mine"})
        smuggled = "x' OR status:2 OR cf_handoff:'x"
        assert await freshdesk.found(f"cf_handoff:'{smuggled}'") == [made["id"]]


async def test_search_has_ten_pages_of_thirty() -> None:
    async with freshdesk_bench(search_lag=0, calls_per_minute=None, creates_per_minute=None) as freshdesk:
        for _ in range(31):
            await freshdesk.create()
        page = (await freshdesk.client.get("/search/tickets", params={"query": '"status:2"'})).json()
        assert (page["total"], len(page["results"])) == (31, 30)
        second: dict[str, str | int] = {"query": '"status:2"', "page": 2}
        assert len((await freshdesk.client.get("/search/tickets", params=second)).json()["results"]) == 1
        late = await freshdesk.client.get("/search/tickets", params={**second, "page": 11})
        assert problems(late) == {"page": "invalid_value"}
        more = await freshdesk.client.get("/search/tickets", params={**second, "per_page": 100})
        assert problems(more) == {"per_page": "invalid_field"}


async def test_contacts_are_searched_too_and_listed_at_once() -> None:
    async with freshdesk_bench() as freshdesk:
        old = int(await freshdesk.human.add_contact(name="Old", email="old@acme.example", tags=["vip"]))
        await freshdesk.client.post("/contacts", json={"name": "New", "email": "new@acme.example"})

        async def found(query: str) -> list[int]:
            answer = await freshdesk.client.get("/search/contacts", params={"query": f'"{query}"'})
            return [one["id"] for one in answer.json()["results"]]

        assert await found("email:'new@acme.example'") == []
        assert await found("tag:'VIP'") == [old]
        listed = await freshdesk.client.get("/contacts", params={"email": "New@acme.example"})
        assert [one["name"] for one in listed.json()] == ["New"]
        freshdesk.clock.advance(180)
        assert len(await found("email:'new@acme.example'")) == 1


@given(text=st.text(max_size=60))
def test_any_text_is_a_query_or_refused(text: str) -> None:
    try:
        tree = read_query(f'"{text}"', KINDS)
    except ValidationFailed:
        return
    assert fits(tree, {"status": 2}) in {True, False}


@given(text=st.text(st.characters(exclude_characters="'\"", exclude_categories=["Cs"]), max_size=60))
def test_text_without_quotes_finds_itself_alone(text: str) -> None:
    tree = read_query(f"\"cf_handoff:'{text}'\"", KINDS)
    assert tree == Condition("cf_handoff", "", text)
    assert fits(tree, {"cf_handoff": text})
    assert not fits(tree, {"cf_handoff": f"{text}!"})
    assert not fits(tree, {"cf_handoff": None})


def test_and_binds_more_than_or() -> None:
    tree = read_query('"status:1 OR status:2 AND cf_consent:true"', KINDS)
    assert tree == Tree(
        "OR",
        (
            Condition("status", "", 1.0),
            Tree("AND", (Condition("status", "", 2.0), Condition("cf_consent", "", True))),
        ),
    )
    deep = '"' + "(" * 60 + "status:2" + ")" * 60 + '"'
    with pytest.raises(ValidationFailed):
        read_query(deep, KINDS)
