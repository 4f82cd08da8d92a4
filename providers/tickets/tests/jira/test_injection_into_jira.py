"""Whatever people are called and write: no JQL, wiki markup, macro or query of theirs reaches Jira."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.tickets import TicketDraft
from livechat_sdk.http import override_transport
from livechat_sdk_tickets.escaping import plain
from livechat_sdk_tickets.jira.jql import condition, quoted, value_of
from livechat_sdk_tickets.marks import mark_of
from providers.tickets.tests.bench import HANDOFF, a_draft, a_note, a_ticket, tried
from providers.tickets.tests.hostile import hostile
from providers.tickets.tests.jira.bench import EVERYTHING, RECORDINGS, a_system

QUERIES = (
    '" OR project = SECRET ORDER BY created',
    '\\" OR labels is EMPTY',
    "currentUser()",
    "labels in (a, b)",
    "{color:red}red{color} {code}x{code}",
    "{html}<script>alert(1)</script>{html}",
    "{include:SECRET-1} {jiraissues:url=http://evil.example}",
    "[~accountid:712020:7395981c] @all",
    "[click|javascript:alert(1)] !http://evil.example/x.png!",
    "|a|b|\n||x||",
    "h1. Big\nbq. said\n----\n* a\n# b",
    "\\\\ \\{ &#123;code&#125; &lt;b&gt;",
    '{"type":"doc","version":1,"content":[]}',
    ":) (x) (!) (y)",
)
MARKUP = re.compile(r"(?<!\\)[{}\[\]()*_+^~!|?#@-]")
"""A letter of Jira's wiki text that acts, because no backslash stands before it."""
FIELDS = {**EVERYTHING["fields"], "Note": EVERYTHING["fields"]["Story"]}
del FIELDS["Story"]


class Jira(httpx.AsyncBaseTransport):
    """Says yes to everything, knows nobody, and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.made = 0
        self.form = RECORDINGS.all["form/full"].response.content

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        if path.endswith("/field"):
            return httpx.Response(200, content=self.form)
        if path.endswith("/customer") or (path.endswith("/comment") and request.method == "GET"):
            return httpx.Response(200, json={"values": []})
        if path.endswith("/search/jql"):
            return httpx.Response(200, json={"issues": []})
        self.made += path.endswith("/request")
        status = 201 if request.method == "POST" else 200
        return httpx.Response(status, json={"issueKey": f"ITH-{self.made}"})

    def of(self, method: str, end: str) -> list[httpx.Request]:
        """The requests of one kind."""
        return [one for one in self.requests if one.method == method and one.url.path.endswith(end)]


def is_text(said: str, shown: str) -> None:
    """``shown`` is wiki text that says ``said`` letter by letter, and in which nothing acts."""
    body = re.sub(r"\n\n\(livechat [0-9a-f]{12}\)$", "", shown)
    assert not MARKUP.search(body), MARKUP.search(body)
    assert "\\\\" not in body, "two backslashes are a line break"
    assert not re.search(r"&#?\w+;", body), "an entity would be shown as what it stands for"
    assert not re.search(r"^\s*(h[1-6]|bq)\.", body, re.MULTILINE)
    read = re.sub(r"\\([^\u200b])", r"\1", body).replace("\u200b", "")
    assert plain(said).strip().replace("\u200b", "") in read


def look_at(jira: Jira, draft: TicketDraft) -> None:
    for look in jira.of("GET", "/customer"):
        assert set(look.url.params) == {"query", "limit"}
        assert look.url.params["query"] == (draft.requester_email or "").strip()
    (create,) = jira.of("POST", "/request")
    content: dict[str, Any] = json.loads(create.content)
    assert set(content) == {"serviceDeskId", "requestTypeId", "requestFieldValues"}
    values = content["requestFieldValues"]
    assert values["labels"][0] == draft.key
    assert all(not re.search(r"\s|\"", label) for label in values["labels"])
    assert set(values) <= {"summary", "description", "labels", "customfield_10052", "customfield_10055"}
    assert "\n" not in values["summary"]
    is_text("", values["description"])
    is_text("", values.get("customfield_10055", ""))
    (comment,) = jira.of("POST", "/comment")
    said = json.loads(comment.content)
    assert said["public"] is False
    is_text(draft.body, said["body"])


def corpus(count: int) -> list[dict[str, Any]]:
    """The common corpus, and what this vendor's searches and texts act on."""
    found = list(hostile(count))
    for number, text in enumerate(QUERIES):
        mail = f"eleni{text}@shop.example"
        fields = {text: text, "Note": text}
        found += [
            {**found[number], "requester_email": mail, "requester_name": text, "body": f"User: {text}"},
            {**found[number], "requester_email": text, "subject": text, "fields": fields, "body": text},
        ]
    return found


async def test_five_hundred_hostile_people_are_text_and_nothing_else() -> None:
    jira, looked = Jira(), 0
    with override_transport(jira):
        async with a_system(fields=FIELDS, emailField="customfield_10052") as system:
            for fields in corpus(500):
                draft = a_draft(**fields)
                jira.requests.clear()
                await system.livechat_create_ticket(draft, HANDOFF)
                look_at(jira, draft)
                looked += len(jira.of("GET", "/customer"))
    assert 50 < looked < 450, "some of them may be customers, and some may not"


async def test_look_ups_ask_with_our_own_keys_alone() -> None:
    jira = Jira()
    with override_transport(jira):
        async with a_system() as system:
            for number, fields in enumerate(hostile(50)):
                jira.requests.clear()
                draft = tried(600, key=f"h-{number}.ticket", repeat=True, **fields)
                await system.livechat_create_ticket(draft, HANDOFF)
                asked = json.loads(jira.of("POST", "/search/jql")[0].content)
                assert asked["jql"] == f'labels = "h-{number}.ticket" ORDER BY created ASC'


@pytest.mark.parametrize("field", ["labels", "customfield_10050"])
async def test_a_hostile_key_is_asked_for_by_a_hash_of_it(field: str) -> None:
    jira = Jira()
    with override_transport(jira):
        async with a_system(keyField=field) as system:
            for text in QUERIES:
                jira.requests.clear()
                assert await system.find(f"{text}.ticket") is None
                asked = json.loads(jira.requests[0].content)
                assert re.fullmatch(
                    r'(labels =|cf\[10050\] ~) "livechat-?[0-9a-f]{40}" ORDER BY created ASC', asked["jql"]
                )


async def test_comments_are_text_too() -> None:
    jira = Jira()
    with override_transport(jira):
        async with a_system() as system:
            for number, fields in enumerate(corpus(200)):
                jira.requests.clear()
                ticket = a_ticket("jira", f"ITH-{number}")
                await system.livechat_add_to_ticket(ticket, a_note(body=fields["body"]))
                said = json.loads(jira.of("POST", "/comment")[0].content)
                is_text(fields["body"], said["body"])
                assert said["body"].endswith(mark_of("h-1.note.1"))


@given(st.text(max_size=200))
def test_a_text_of_jql_ends_where_it_ends(text: str) -> None:
    try:
        made = quoted(text)
    except ValueError:
        assert re.search(r"[\x00-\x1f\x7f]", text)
        return
    assert re.fullmatch(r'"(?:[^"\\]|\\["\\])*"', made)
    assert re.sub(r'\\(["\\])', r"\1", made[1:-1]) == text


@given(st.text(min_size=1, max_size=200))
def test_a_text_field_is_asked_for_one_word(key: str) -> None:
    word = value_of("customfield_7", key)
    assert re.fullmatch(r"livechat[0-9a-f]{40}", word), "texts are found by their words"
    assert condition("customfield_7", key) == f'cf[7] ~ "{word}"'
