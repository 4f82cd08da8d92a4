from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrib.simulators.tests.servicenow_bench import servicenow_bench, told
from livechat_sdk_simulators.clock import VirtualClock
from livechat_sdk_simulators.servicenow.queries import read_query
from livechat_sdk_simulators.servicenow.simulator import ServiceNowSimulator

WHO = ("ann", "bob", "cleo")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "ann bob cleo"),
        ("correlation_id=ann", "ann"),
        ("correlation_id=ANN", "ann"),
        ("correlation_id!=ann", "bob cleo"),
        ("correlation_idINann,cleo", "ann cleo"),
        ("correlation_idNOT INann,cleo", "bob"),
        ("correlation_idSTARTSWITHb", "bob"),
        ("correlation_idENDSWITHo", "cleo"),
        ("short_descriptionLIKEorder of", "ann bob cleo"),
        ("short_descriptionCONTAINSof bo", "bob"),
        ("short_descriptionNOT LIKEbo", "ann cleo"),
        ("short_descriptionDOES NOT CONTAINbo", "ann cleo"),
        ("short_description*bo", "bob"),
        ("descriptionISEMPTY", "ann bob cleo"),
        ("correlation_idISNOTEMPTY^urgency=2", "bob"),
        ("urgency>1", "bob cleo"),
        ("urgency>=2^urgency<3", "bob"),
        ("urgencyBETWEEN1@2", "ann bob"),
        ("correlation_id=ann^ORcorrelation_id=bob", "ann bob"),
        ("urgency>1^correlation_id=ann^ORcorrelation_id=bob", "bob"),
        ("correlation_id=ann^NQcorrelation_id=cleo", "ann cleo"),
        ("ORDERBYDESCcorrelation_id", "cleo bob ann"),
        ("urgency<3^ORDERBYDESCurgency^EQ", "bob ann"),
        ("ORDERBYDESCactive^ORDERBYcorrelation_id", "ann bob cleo"),
        ("caller_id.email=bob@acme.example", "bob"),
        ("caller_id.company.name=Acme", "bob"),
        ("caller_idLIKEbob", "bob"),
        ("ORDERBYDESCcaller_id", "cleo bob ann"),
        ("sys_created_on>=2026-11-24 09:00:00", "ann bob cleo"),
        ("sys_created_on<2026-11-24 09:00:00", ""),
        ("caller_id=javascript:gs.getUserID()", ""),
        # what is not understood is dropped without a word, and more is found
        ("Correlation_id=ann", "ann bob cleo"),
        ("colour=red", "ann bob cleo"),
        ("correlation_id=ann^ORcolour=red", "ann"),
        ("nonsense", "ann bob cleo"),
        ("caller_id.colour=red", "ann bob cleo"),
        ("number.name=x", "ann bob cleo"),
        ("ORDERBYcolour", "ann bob cleo"),
        # what stands in a value is read by the letter
        ("correlation_id=zoe^ORcorrelation_idISNOTEMPTY", "ann bob cleo"),
        ("correlation_id=zoe^NQactive=true", "ann bob cleo"),
        ("correlation_id=ann^^", "ann"),
        ("description=javascript:gs.daysAgo(7)", "ann bob cleo"),
    ],
)
async def test_encoded_query_is_read_by_the_letter(query: str, expected: str) -> None:
    async with servicenow_bench() as bench:
        acme = await bench.human.add_account(name="Acme")
        for number, who in enumerate(WHO, start=1):
            company = {"company": acme} if who == "bob" else {}
            caller = await bench.human.add_contact(name=who, email=f"{who}@acme.example", **company)
            await bench.create(
                correlation_id=who,
                short_description=f"Order of {who}",
                urgency=str(number),
                caller_id=caller,
            )
        assert await bench.found(query, column="correlation_id") == expected.split()


async def test_what_was_dropped_is_kept_for_tests_and_may_find_nothing_instead() -> None:
    async with servicenow_bench() as bench:
        await bench.create()
        await bench.found("correlationid=h-1^active=true")
        await bench.found("description=javascript:evil()")
        assert bench.servicenow.ignored == ["incident: correlationid=h-1", "javascript:evil()"]
    async with servicenow_bench(invalid_queries="no_rows") as bench:
        await bench.create()
        assert await bench.found("correlationid=h-1^active=true") == []
        assert await bench.found("active=true") == ["INC0010001"]


async def test_columns_may_be_parameters_too() -> None:
    async with servicenow_bench() as bench:
        for key in ("h-1", "h-2"):
            await bench.create(correlation_id=key)
        answer = await bench.client.get("/table/incident", params={"correlation_id": "h-2", "state": "1"})
        assert [one["number"] for one in answer.json()["result"]] == ["INC0010002"]
        assert bench.servicenow.requests.of("find")[0].status == 200


async def test_pages_come_with_their_count_and_with_links() -> None:
    async with servicenow_bench(page_size=4) as bench:
        for _ in range(5):
            await bench.create()
        first = await bench.client.get("/table/incident", params={"sysparm_limit": "2"})
        assert (len(first.json()["result"]), first.headers["x-total-count"]) == (2, "5")
        links = first.headers["link"]
        assert 'sysparm_offset=2>;rel="next"' in links
        assert 'sysparm_offset=4>;rel="last"' in links
        assert "prev" not in links
        second = await bench.client.get("/table/incident", params={"sysparm_limit": 2, "sysparm_offset": 4})
        assert [one["number"] for one in second.json()["result"]] == ["INC0010005"]
        assert 'rel="next"' not in second.headers["link"]
        plain = {"sysparm_suppress_pagination_header": "true", "sysparm_no_count": "true"}
        usual = await bench.client.get("/table/incident", params=plain)
        assert len(usual.json()["result"]) == 4
        assert "link" not in usual.headers
        assert "x-total-count" not in usual.headers
        wrong = await bench.client.get("/table/incident", params={"sysparm_limit": "many"})
        assert told(wrong)[0] == 400


async def test_access_rules_are_applied_after_the_limit() -> None:
    async with servicenow_bench() as bench:
        for _ in range(3):
            await bench.create()
        bench.human.hide("INC0010001")
        answer = await bench.client.get("/table/incident", params={"sysparm_limit": "2"})
        assert [one["number"] for one in answer.json()["result"]] == ["INC0010002"]
        assert answer.headers["x-total-count"] == "3"


async def test_first_version_answers_nothing_with_404() -> None:
    async with servicenow_bench() as bench:
        for path, status in (("/table", 200), ("/v2/table", 200), ("/v1/table", 404), ("/v3/table", 404)):
            answer = await bench.client.get(f"{path}/incident", params={"sysparm_query": "number=INC7"})
            assert answer.status_code == status
        assert told(await bench.client.get("/v1/table/incident"))[1] == "No Record found"
        assert told(await bench.client.get("/table/nothing"))[:2] == (400, "Invalid table nothing")


async def test_choices_and_columns_are_described() -> None:
    async with servicenow_bench() as bench:
        query = "name=incident^element=state^inactive=false^ORDERBYsequence"
        labels = await bench.found(query, "sys_choice", "label")
        assert labels == ["New", "In Progress", "On Hold", "Resolved", "Closed", "Canceled"]
        kinds = await bench.found("name=incident^element=caller_id", "sys_dictionary", "reference")
        assert kinds == ["sys_user"]


ROWS = ServiceNowSimulator(clock=VirtualClock()).rows
ROW = ROWS.add("incident", {"correlation_id": "h-1"}, "ann")
TEXT = st.text(alphabet=st.sampled_from("^=OR,NQ*a1 _.ISEMPTYLKEjv:@<>!é"), max_size=30)


@given(text=TEXT, name=st.sampled_from(["correlation_id=", "number", "", "^"]))
def test_any_text_is_a_query(text: str, name: str) -> None:
    read = read_query(name + text, ROWS, ROWS.tables["incident"], lambda code: "")
    assert read.found(ROWS, [ROW]) in ([ROW], [])
