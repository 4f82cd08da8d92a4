from __future__ import annotations

from typing import Any

import pytest

from contrib.simulators.tests.jira_bench import DESK, PLATFORM, document, jira_bench, told
from livechat_sdk_simulators.jira.adf import as_document, as_text, is_document
from livechat_sdk_simulators.jira.wiki import effects


async def test_fields_are_changed_one_by_one() -> None:
    async with jira_bench() as bench:
        key = (await bench.create(labels=["a", "b"], customfield_10051={"id": "10100"}))["issueKey"]
        path = f"{PLATFORM}/issue/{key}"
        changed = {
            "fields": {"summary": "Order 8", "description": document("new"), "customfield_10051": None},
            "update": {"labels": [{"add": "c"}, {"remove": "a"}], "priority": [{"set": {"name": "Low"}}]},
            "properties": [{"key": "livechat", "value": {"handoff": "h-1"}}],
        }
        assert (await bench.client.put(path, json=changed)).status_code == 204
        fields = (await bench.client.get(path)).json()["fields"]
        assert (fields["summary"], fields["description"], fields["labels"]) == (
            "Order 8",
            document("new"),
            ["b", "c"],
        )
        assert (fields["priority"]["name"], fields["customfield_10051"]) == ("Low", None)
        shown = (await bench.client.get(path, params={"properties": "livechat", "fields": "summary"})).json()
        assert shown["properties"] == {"livechat": {"handoff": "h-1"}}


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"fields": {"colour": "red"}}, {"colour"}),
        ({"fields": {"summary": ""}}, {"summary"}),
        ({"fields": {"description": "text"}}, {"description"}),
        ({"update": {"colour": [{"set": 1}]}}, {"colour"}),
        ({"update": {"labels": {"add": "a"}}}, {"labels"}),
        ({"update": {"labels": [{"add": "a b"}]}}, {"labels"}),
        ({"update": {"labels": [{"add": "a", "remove": "b"}]}}, {"labels"}),
        ({"update": {"summary": [{"add": "a"}]}}, {"summary"}),
        ({"fields": {"labels": ["a"]}, "update": {"labels": [{"add": "b"}]}}, {"labels"}),
        ({"fields": []}, set[str]()),
        ({"properties": [{"key": "a"}]}, set[str]()),
        ({"properties": "a"}, set[str]()),
        ({"colour": 1}, set[str]()),
    ],
)
async def test_change_that_cannot_be_is_refused_and_nothing_is_changed(
    body: dict[str, Any], errors: set[str]
) -> None:
    async with jira_bench() as bench:
        key = (await bench.create(labels=["a"]))["issueKey"]
        before = (await bench.client.get(f"{PLATFORM}/issue/{key}")).json()
        status, _, found = told(await bench.client.put(f"{PLATFORM}/issue/{key}", json=body))
        assert (status, set(found)) == (400, errors)
        assert (await bench.client.get(f"{PLATFORM}/issue/{key}")).json() == before


async def test_comments_of_the_platform_are_documents_and_public_unless_a_property_says_otherwise() -> None:
    async with jira_bench() as bench:
        key = (await bench.create())["issueKey"]
        path = f"{PLATFORM}/issue/{key}/comment"
        first = await bench.client.post(path, json={"body": document("For all")})
        assert (first.status_code, first.json()["jsdPublic"]) == (201, True)
        internal = [{"key": "sd.public.comment", "value": {"internal": True}}]
        second = await bench.client.post(path, json={"body": document("For us"), "properties": internal})
        assert second.json()["jsdPublic"] is False
        old = await bench.client.post(f"/rest/api/2/issue/{key}/comment", json={"body": "wiki *text*"})
        assert old.json()["body"] == "wiki *text*"
        listed = (await bench.client.get(path, params={"maxResults": "2"})).json()
        assert [one["body"] for one in listed["comments"]] == [document("For all"), document("For us")]
        assert listed["total"] == 3
        desk = (await bench.client.get(f"{DESK}/request/{key}/comment")).json()["values"]
        assert [(one["body"], one["public"]) for one in desk] == [
            ("For all", True),
            ("For us", False),
            ("wiki *text*", True),
        ]
        for wrong, message in (
            ("text", "Comment body is not valid!"),
            ({"type": "doc", "version": 1, "content": [{"type": "text", "text": "x"}]}, "not valid"),
            ("", "can not be empty"),
            (None, "can not be empty"),
        ):
            answer = await bench.client.post(path, json={"body": wrong})
            assert message in told(answer)[2]["comment"]


async def test_issue_of_the_platform_is_no_request() -> None:
    async with jira_bench() as bench:
        fields = {
            "project": {"key": "ITH"},
            "issuetype": {"name": "Task"},
            "summary": "x",
            "description": document("y"),
            "labels": ["a"],
        }
        body = {"fields": fields, "properties": [{"key": "k", "value": 1}]}
        answer = await bench.client.post(f"{PLATFORM}/issue", json=body)
        assert answer.status_code == 201
        assert answer.json()["key"] == "ITH-1"
        assert told(await bench.client.get(f"{DESK}/request/ITH-1"))[0] == 404
        shown = (await bench.client.get(f"{PLATFORM}/issue/ITH-1")).json()["fields"]
        assert shown["issuetype"]["name"] == "Task"
        assert "customfield_10010" not in shown
        comment = await bench.client.post(f"{PLATFORM}/issue/ITH-1/comment", json={"body": document("x")})
        assert comment.json()["jsdPublic"] is False
        wrong = await bench.client.post(
            f"{PLATFORM}/issue", json={"fields": {"project": {"id": "1"}, "x": 1}}
        )
        assert set(told(wrong)[2]) == {"project", "issuetype", "summary", "x"}
        assert told(await bench.client.post(f"{PLATFORM}/issue", json={}))[0] == 400


async def test_properties_are_kept_and_no_search_knows_them() -> None:
    async with jira_bench(search_lag=0) as bench:
        key = (await bench.create())["issueKey"]
        path = f"{PLATFORM}/issue/{key}/properties/livechat"
        assert told(await bench.client.get(path))[0] == 404
        assert (await bench.client.put(path, json={"handoff": "h-1"})).status_code == 201
        assert (await bench.client.put(path, json={"handoff": "h-2"})).status_code == 200
        assert (await bench.client.get(path)).json() == {"key": "livechat", "value": {"handoff": "h-2"}}
        bad = await bench.client.put(path, content=b"{", headers={"content-type": "application/json"})
        assert told(bad)[0] == 400
        jql = 'issue.property[livechat].handoff = "h-2"'
        assert told(await bench.search(jql))[0] == 400


async def test_remote_link_is_one_for_each_global_id() -> None:
    async with jira_bench() as bench:
        key = (await bench.create())["issueKey"]
        path = f"{PLATFORM}/issue/{key}/remotelink"
        link = {"globalId": "h-1", "object": {"url": "https://acme.example/h-1", "title": "Handoff"}}
        first = await bench.client.post(path, json=link)
        second = await bench.client.post(path, json=link)
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json()["id"] == second.json()["id"]
        assert len((await bench.client.get(path)).json()) == 1
        assert (await bench.client.get(path, params={"globalId": "other"})).json() == []
        assert set(told(await bench.client.post(path, json={"object": {}}))[2]) == {"title", "url"}


async def test_writes_to_one_issue_are_few_in_a_short_time() -> None:
    async with jira_bench() as bench:
        key = (await bench.create())["issueKey"]
        other = (await bench.create())["issueKey"]
        for _ in range(20):
            assert (await bench.comment(key)).status_code == 201
        refused = await bench.comment(key)
        assert refused.status_code == 429
        assert refused.headers["ratelimit-reason"] == "jira-per-issue-on-write"
        assert refused.headers["retry-after"] == "2"
        assert refused.headers["x-ratelimit-reset"] == "2026-11-24T09:00:02.000+0000"
        assert (await bench.client.put(f"{PLATFORM}/issue/{key}", json={"fields": {}})).status_code == 429
        assert (await bench.comment(other)).status_code == 201
        bench.clock.advance(2)
        assert (await bench.comment(key)).status_code == 201
        assert len(await bench.human.comments(key)) == 21
    async with jira_bench(writes_per_issue=None, writes_per_issue_long=3, retry_after=False) as bench:
        key = (await bench.create())["issueKey"]
        for _ in range(3):
            bench.clock.advance(5)
            await bench.comment(key)
        refused = await bench.comment(key)
        assert refused.status_code == 429
        assert "retry-after" not in refused.headers


TEXT = {"type": "text", "text": "x"}


def _doc(*content: object) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def _p(*content: object) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(content)}


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        (_doc(), True),
        (_doc(_p()), True),
        (_doc(_p(TEXT, {"type": "hardBreak"}, TEXT)), True),
        (_doc(_p({**TEXT, "marks": [{"type": "strong"}]})), True),
        (_doc(_p({**TEXT, "marks": [{"type": "link", "attrs": {"href": "https://acme.example"}}]})), True),
        (_doc({"type": "codeBlock", "attrs": {"language": "text"}, "content": [TEXT]}), True),
        (_doc({"type": "bulletList", "content": [{"type": "listItem", "content": [_p(TEXT)]}]}), True),
        (_doc({"type": "heading", "attrs": {"level": 2}, "content": [TEXT]}), True),
        (_doc({"type": "rule"}), True),
        (_doc(_p({"type": "mention", "attrs": {"id": "1", "text": "@Ann"}})), True),
        ("text", False),
        ({"type": "doc", "content": []}, False),
        ({"type": "doc", "version": 2, "content": []}, False),
        (_doc(TEXT), False),
        (_doc(_p({"type": "text", "text": ""})), False),
        (_doc(_p({"type": "text"})), False),
        (_doc(_p({**TEXT, "marks": [{"type": "blink"}]})), False),
        (_doc(_p({**TEXT, "marks": [{"type": "link"}]})), False),
        (_doc(_p({**TEXT, "marks": "strong"})), False),
        (_doc({"type": "heading", "content": [TEXT]}), False),
        (_doc({"type": "bulletList", "content": [_p(TEXT)]}), False),
        (_doc({"type": "codeBlock", "content": [{"type": "hardBreak"}]}), False),
        (_doc({"type": "rule", "content": []}), False),
        (_doc({"type": "marquee", "content": []}), False),
        (_doc({**_p(TEXT), "extra": 1}), False),
        (_doc({**_p(TEXT), "attrs": []}), False),
        (_doc(1), False),
    ],
)
def test_documents_are_taken_by_the_letter(value: object, fits: bool) -> None:
    assert is_document(value) is fits


def test_rich_text_is_shown_in_both_forms() -> None:
    wiki = "a\n\nb"
    shown = as_document(wiki)
    assert shown is not None
    assert is_document(shown)
    assert as_text(shown) == wiki
    assert as_document("") is None
    mention = _doc(_p({"type": "mention", "attrs": {"id": "1", "text": "@Ann"}}, {"type": "hardBreak"}, TEXT))
    assert as_text(mention) == "@Ann\nx"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text, 5 * 3 - 2, a_b_c, x^2, ~/dir", []),
        ("*bold*", ["bold"]),
        (r"\*bold\*", []),
        ("_emphasis_ and -deleted- and +new+", ["emphasis", "deleted", "inserted"]),
        ("{color:red}x{color}", ["macro"]),
        (r"\{color:red\}x\{color\}", []),
        ("[~accountid:1]", ["mention"]),
        (r"\[~accountid:1\]", []),
        ("[site|https://acme.example]", ["link"]),
        ("see https://acme.example/a", ["link"]),
        ("!image.png!", ["image"]),
        ("[^a.log]", ["attachment"]),
        ("h1. Big", ["heading"]),
        ("* one\n* two", ["list"]),
        ("|a|b|", ["table"]),
        ("bq. said", ["quote"]),
        ("----", ["ruler"]),
        ("{{code}} ??said?? a ^up^ b ~down~", ["superscript", "subscript", "citation", "monospaced"]),
        ("{noformat}*x* [~accountid:1] {color:red}{noformat}", []),
        ("{noformat}a{noformat} *x* {noformat}b{noformat}", ["bold"]),
        ("{code:python}*x*{code}", []),
    ],
)
def test_marks_of_wiki_text_that_take_effect_are_named(text: str, expected: list[str]) -> None:
    assert effects(text) == expected


async def test_faults_happen_to_what_is_meant() -> None:
    async with jira_bench() as bench:
        key = (await bench.create())["issueKey"]
        bench.jira.faults.script("comment", "status", status=503, retry_after=7)
        answer = await bench.comment(key)
        assert told(answer)[:2] == (503, ["Service temporarily unavailable."])
        assert answer.headers["retry-after"] == "7"
        bench.jira.faults.script("find", "status", status=429)
        assert (await bench.search("labels = a")).status_code == 429
        bench.jira.faults.script("read", "expire_token")
        assert (await bench.client.get(f"{DESK}/request/{key}")).status_code == 401
        assert (await bench.client.get(f"{DESK}/nothing")).status_code == 404
        assert (await bench.client.patch(f"{DESK}/request", json={})).status_code == 405
        operations = [one.operation for one in bench.jira.requests]
        assert operations == ["create", "comment", "find", "read", "unknown", "unknown"]
