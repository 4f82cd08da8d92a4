from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrib.simulators.tests.jira_bench import PLATFORM, JiraBench, jira_bench, told
from livechat_sdk_simulators.clock import VirtualClock
from livechat_sdk_simulators.jira.errors import PlatformError
from livechat_sdk_simulators.jira.jql import parse
from livechat_sdk_simulators.jira.simulator import JiraSimulator

ANN, BOB, CLEO = "ITH-1", "ITH-2", "ITH-3"


async def three(bench: JiraBench) -> None:
    """Requests of Ann (first), Bob and Cleo (a minute later), in the index."""
    for who, topic, priority in (("ann", "Billing", "1"), ("bob", "Delivery", "3"), ("cleo", "Other", "5")):
        if who == "cleo":
            bench.clock.advance(60)
        await bench.create(
            summary=f"Order of {who}",
            description=f"{who} has the reference h-{topic}-1 and says: where is it?",
            labels=[f"handoff-{who}", "bot"],
            priority={"id": priority},
            customfield_10050=f"h-{who}.ticket",
            customfield_10051={"value": topic},
        )
    await bench.human.accept(BOB, "Nikos Pappas")
    await bench.human.set_state(ANN, "Resolved")
    await bench.human.comment(CLEO, "Please send it again")
    bench.clock.advance(10)


@pytest.mark.parametrize(
    ("jql", "expected"),
    [
        ("project = ITH", [CLEO, BOB, ANN]),
        ("project = 11001 order by key", [ANN, BOB, CLEO]),
        ('project = "IT Help Desk" ORDER BY priority DESC, key ASC', [CLEO, BOB, ANN]),
        ("labels = handoff-ann", [ANN]),
        ("labels = 'handoff-ann'", [ANN]),
        ("labels = Handoff-ann", []),
        ("labels in (handoff-ann, handoff-bob) order by key", [ANN, BOB]),
        ("labels not in (handoff-ann)", [CLEO, BOB]),
        ("labels != handoff-ann", [CLEO, BOB]),
        ("key = ith-2", [BOB]),
        ("issuekey in (ITH-1, ITH-3)", [CLEO, ANN]),
        ("key > ITH-1", [CLEO, BOB]),
        ("id = 10000", [ANN]),
        ("status = resolved", [ANN]),
        ('status = "Waiting for support" and assignee is empty', [CLEO]),
        ("assignee is not EMPTY", [BOB]),
        ("assignee = null", [CLEO, ANN]),
        ("statusCategory != Done", [CLEO, BOB]),
        ("statusCategory = done or key = ITH-3", [CLEO, ANN]),
        ("resolution = unresolved()", [CLEO, BOB]),
        ("resolution is not empty", [ANN]),
        ("priority in (Highest, 3)", [BOB, ANN]),
        ("reporter = currentUser()", [CLEO, BOB, ANN]),
        ("summary ~ ann", [ANN]),
        ("summary ~ 'ANN order'", [ANN]),
        ('summary ~ "\\"order of ann\\""', [ANN]),
        ('summary ~ "\\"ann order\\""', []),
        ("summary ~ 'an*'", [ANN]),
        ("summary ~ an", []),
        ("summary !~ ann", [CLEO, BOB]),
        ("comment ~ again", [CLEO]),
        ("text ~ again", [CLEO]),
        ("cf[10050] ~ 'h-ann.ticket'", [ANN]),
        ("'Handoff reference' ~ ticket", [CLEO, BOB, ANN]),
        ("Topic = Billing", [ANN]),
        ("cf[10051] = 10101", [BOB]),
        ("customfield_10051 is not empty and not Topic = other", [BOB, ANN]),
        # words alone are found: the signs between them say nothing
        ("description ~ 'h-1'", [CLEO, BOB, ANN]),
        ("description ~ '1.h'", [CLEO, BOB, ANN]),
        ("not (labels = handoff-ann or labels = handoff-bob)", [CLEO]),
        ("labels = handoff-ann or labels = handoff-bob and key = ITH-3", [ANN]),
        ("(labels = handoff-ann or labels = handoff-bob) and key = ITH-3", []),
        ("created > -1m", [CLEO]),
        ("created <= now()", [CLEO, BOB, ANN]),
        ("created < '2026-11-24 09:01'", [BOB, ANN]),
        ("updated >= '2026/11/24 09:01'", [CLEO, BOB, ANN]),
        # what stands in a value without quotes around it is more query
        ('labels = "x" or labels = "bot"', [CLEO, BOB, ANN]),
        ('labels = "x\\" or labels = \\"bot"', []),
        ("labels = '\\u0062ot'", [CLEO, BOB, ANN]),
    ],
)
async def test_jql_is_read_by_the_letter(jql: str, expected: list[str]) -> None:
    async with jira_bench() as bench:
        await three(bench)
        assert await bench.found(jql) == expected


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("", "Unbounded JQL queries are not allowed here"),
        ("order by key", "Unbounded JQL queries are not allowed here"),
        ("labels", "Expecting operator before the end of the query"),
        ("labels h-1", "Expecting operator but got 'h-1'. The valid operators are '='"),
        ("labels =", "Expecting either a value, list or function before the end"),
        ("labels = a b", "Expecting either 'OR' or 'AND' but got 'b'. (line 1, character 12)"),
        ("labels = a or", "Expecting a field name before the end"),
        ("(labels = a", "Expecting ')' before the end"),
        ("labels in a", "Expecting '(' but got 'a'"),
        ("labels in (a", "Expecting ',' or ')'"),
        ("labels is a", "Expecting 'EMPTY' or 'NULL'"),
        ("labels = order", "'order' is a reserved JQL word"),
        ('labels = "a', "The quoted string 'a' has not been completed"),
        ("labels = a#b", "The character '#' is a reserved JQL character"),
        ("labels = {a}", "The character '{' is a reserved JQL character"),
        (r"labels = 'a\q'", r"'\q' is an illegal JQL escape sequence"),
        ("= a", "Expecting a field name but got '='"),
        ("colour = red", "Field 'colour' does not exist or you do not have permission to view it."),
        ("labels = a order by colour", "Field 'colour' does not exist"),
        ("cf[1] = a", "Field 'cf[1]' does not exist"),
        ("summary = a", "The operator '=' is not supported by the 'summary' field."),
        ("labels ~ a", "The operator '~' is not supported by the 'labels' field."),
        ("key is empty", "The operator 'is' is not supported by the 'key' field."),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("key = ITH-9", "An issue with key 'ITH-9' does not exist for field 'key'."),
        ("created > -30s", "Date value '-30s' for field 'created' is invalid."),
        ("created in (now())", "The operator 'in' is not supported by the 'created' field."),
        ("created > soon", "Date value 'soon' for field 'created' is invalid."),
        ("labels = nothing()", "Unable to find JQL function 'nothing()'."),
        ("summary ~ '*a'", "is not allowed to start with character '*'"),
        ("summary ~ ' '", "does not support searching for an empty string"),
        ("not " * 60 + "labels = a", "nested too deeply"),
    ],
)
async def test_query_that_is_wrong_is_told_as_jira_tells_it(jql: str, message: str) -> None:
    async with jira_bench() as bench:
        status, [text], errors = told(await bench.search(jql))
        assert (status, errors) == (400, {})
        assert message in text


async def test_search_sees_what_was_there_a_while_ago() -> None:
    async with jira_bench(search_lag=30) as bench:
        made = await bench.create(labels=["h-1"])
        assert await bench.found("labels = h-1") == []
        assert await bench.found("labels = h-1", reconcileIssues=[int(made["issueId"])]) == ["ITH-1"]
        bench.clock.advance(29)
        assert await bench.found("labels = h-1") == []
        bench.clock.advance(1)
        assert await bench.found("labels = h-1") == ["ITH-1"]
        edit = {"update": {"labels": [{"remove": "h-1"}]}}
        assert (await bench.client.put(f"{PLATFORM}/issue/ITH-1", json=edit)).status_code == 204
        assert await bench.found("labels = h-1") == ["ITH-1"]
        bench.clock.advance(30)
        assert await bench.found("labels = h-1") == []


async def test_pages_go_on_by_a_token() -> None:
    async with jira_bench(search_lag=0) as bench:
        for _ in range(5):
            await bench.create(labels=["bot"])
        first = (await bench.search("labels = bot", maxResults=2)).json()
        assert ([one["key"] for one in first["issues"]], first["isLast"]) == (["ITH-5", "ITH-4"], False)
        token = first["nextPageToken"]
        second = (await bench.search("labels = bot", maxResults=9, nextPageToken=token)).json()
        assert ([one["key"] for one in second["issues"]], second["isLast"]) == (
            ["ITH-3", "ITH-2", "ITH-1"],
            True,
        )
        assert "nextPageToken" not in second
        for jql, wrong in (("labels = bot", "guess"), ("labels = other", token)):
            assert told(await bench.search(jql, nextPageToken=wrong))[0] == 400


async def test_search_tells_ids_alone_where_no_fields_are_named() -> None:
    async with jira_bench(search_lag=0) as bench:
        made = await bench.create(labels=["bot"])
        path = f"{PLATFORM}/search/jql"
        plain = await bench.client.post(path, json={"jql": "labels = bot"})
        assert plain.json()["issues"] == [{"id": made["issueId"]}]
        named = await bench.client.get(path, params={"jql": "labels = bot", "fields": "status,labels"})
        [issue] = named.json()["issues"]
        assert (issue["key"], set(issue["fields"])) == ("ITH-1", {"status", "labels"})
        every = await bench.client.get(path, params={"jql": "labels = bot", "fields": "*all,-comment"})
        [issue] = every.json()["issues"]
        assert "description" in issue["fields"]
        assert "comment" not in issue["fields"]


@pytest.mark.parametrize(
    "body",
    [
        {"jql": "labels = bot", "startAt": 0},
        {"jql": "labels = bot", "maxResults": "2"},
        {"jql": "labels = bot", "maxResults": 0},
        {"jql": "labels = bot", "fields": "summary"},
        {"jql": ["labels = bot"]},
    ],
)
async def test_search_whose_body_is_wrong_is_refused(body: dict[str, object]) -> None:
    async with jira_bench() as bench:
        answer = await bench.client.post(f"{PLATFORM}/search/jql", json=body)
        assert told(answer)[0] == 400


async def test_older_search_is_gone() -> None:
    async with jira_bench() as bench:
        for answer in (
            await bench.client.get(f"{PLATFORM}/search", params={"jql": "labels = bot"}),
            await bench.client.post(f"{PLATFORM}/search", json={"jql": "labels = bot"}),
        ):
            assert told(answer)[0] == 410
        assert (await bench.client.get("/rest/api/4/search/jql")).status_code in {400, 404}


SITE = JiraSimulator(clock=VirtualClock())
TEXT = st.text(alphabet=st.sampled_from("ab=\"'\\~!<>()-,1 \tcf[]#orandinelutp{}\n*?é"), max_size=40)


@given(text=TEXT, start=st.sampled_from(["", "labels = ", 'labels = "', "summary ~ ", "labels in ("]))
def test_any_text_is_read_or_refused_as_jira_does(text: str, start: str) -> None:
    status, found = 0, None
    try:
        found = SITE.searching.found(start + text)
    except PlatformError as refused:
        status = refused.status
    assert (found, status) in (([], 0), (None, 400))


@given(value=st.text(max_size=40))
def test_value_that_is_quoted_and_escaped_stays_a_value(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    query = parse(f'labels = "{escaped}"')
    assert query.where is not None
    assert getattr(query.where, "values", None) == [value]
