"""The pages: what they show, that everything is escaped, and that they work without a script."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import SurveyAnswer
from livechat_sdk.domain.messages import Attachment, TranscriptEntry
from livechat_sdk.domain.people import (
    SEVERAL,
    Contact,
    ContactAccount,
    ContactCase,
    ContactField,
    ContactMatch,
    EndUser,
)
from livechat_sdk.provider.interface import ChatDetails
from livechat_sdk_helvia.messages import MAX_MESSAGE_TEXT
from livechat_sdk_helvia.web.headers import CONTENT_SECURITY_POLICY
from providers.helvia.tests.browsing import client, csrf_of, sign_in, tags
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import World, planned, request_id

EVIL = "\"'><script>alert('x')</script><img src=x onerror=alert(1)>{{ 7*7 }}"

JSON = {"accept": "application/json"}


@pytest.fixture
async def ada(quick_world: World, browser: httpx.AsyncClient) -> httpx.AsyncClient:
    """Ada's browser, signed in; its CSRF token travels in a header, as the page's script sends it."""
    browser.headers["x-csrf-token"] = await sign_in(browser, "ada")
    return browser


def assert_harmless(html: str) -> None:
    """No tag and no attribute of a page came out of what somebody wrote."""
    for tag, attributes in tags(html):
        assert tag not in {"style", "iframe", "object", "embed"}
        assert not (tag == "script" and not (attributes.get("src") or "").startswith("/desk/static/"))
        assert not (tag == "img" and not (attributes.get("src") or "").startswith("/desk/static/"))
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name != "style"
            assert not (value or "").strip().lower().startswith("javascript:")
    assert "<script>alert" not in html
    assert "49" not in re.findall(r"onerror=alert\(1\)&gt;(.{2})", html)


async def evil_conversation(world: World) -> tuple[int, int]:
    """A waiting request and a conversation in which everything that can be text is an attack."""
    values: dict[str, Any] = {
        "user": EndUser(
            id=EVIL,
            name=EVIL,
            email=EVIL,
            phone=EVIL,
            language=EVIL,
            country=EVIL,
            channel=EVIL,
            origin=EVIL,
            attributes={EVIL: EVIL, "nested": {"a": [EVIL]}},
        ),
        "bot": EVIL,
        "reason": EVIL,
        "summary": EVIL,
        "tags": (EVIL,),
        "transcript": (
            TranscriptEntry(author="user", body=EVIL),
            TranscriptEntry(author="bot", body=EVIL, name=EVIL, doubtful=True),
        ),
        "survey": (SurveyAnswer(id="q", question=EVIL, answer=EVIL),),
    }
    waiting = await world.chat("ref-evil-1", **values)
    chat = await world.chat("ref-evil-2", **values)
    files = (
        Attachment(url="javascript:alert(1)", name=EVIL, media_type=EVIL),
        Attachment(url="https://files.example/a.png", name="a.png"),
        Attachment(url="data:text/html,x", name="data"),
        Attachment(url="javascript://host/%0aalert(1)", name="with a host"),
        Attachment(url="https://[broken", name="no address at all"),
    )
    await world.provider.send(chat, planned(world.clock, "evil-1", EVIL, files))
    await world.provider.send(waiting, planned(world.clock, "evil-2", EVIL, files))
    details = ChatDetails(
        contacts=(
            Contact(
                source="crm",
                id="1",
                name=EVIL,
                email=EVIL,
                phone=EVIL,
                link="javascript:alert(1)",
                fields=(ContactField(label=EVIL, value=EVIL),),
            ),
        ),
        survey=(SurveyAnswer(id="q", question=EVIL, answer=EVIL),),
    )
    await world.provider.update(chat, details)
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    await world.desk.messages.send(world.ada, conversation, EVIL)
    await world.desk.notes.add(world.ada, conversation.id, EVIL)
    return request_id(waiting), conversation.id


async def test_everything_that_people_wrote_is_shown_as_text(
    quick_world: World, ada: httpx.AsyncClient
) -> None:
    waiting, talk = await evil_conversation(quick_world)
    shown = 0
    for path in [
        "inbox/new",
        "inbox/open",
        "inbox/open?part=list",
        f"requests/{waiting}",
        f"requests/{waiting}?part=preview",
        f"conversations/{talk}",
        f"conversations/{talk}?part=head",
        f"conversations/{talk}?part=composer",
        f"conversations/{talk}?part=details",
        f"conversations/{talk}?part=notes",
        f"conversations/{talk}/history",
        f"conversations/{talk}/history?part=history",
        f"conversations/{talk}/end",
    ]:
        page = await ada.get(f"/desk/{path}")
        assert page.status_code == 200, path
        assert_harmless(page.text)
        shown += page.text.count("&lt;script&gt;alert")
    assert shown > 30
    page = await ada.get(f"/desk/conversations/{talk}")
    links = [attributes.get("href") for tag, attributes in tags(page.text) if tag == "a"]
    assert "https://files.example/a.png" in links
    assert not any(link and link.startswith(("javascript:", "data:")) for link in links)


async def test_what_comes_with_a_request_is_escaped_when_it_is_shown_again(
    quick_world: World, ada: httpx.AsyncClient
) -> None:
    conversation = await quick_world.accepted()
    path = f"/desk/conversations/{conversation.id}"
    await quick_world.desk.conversations.end(quick_world.ada, conversation.id)
    unsent = await ada.post(f"{path}/messages", data={"text": EVIL})
    assert unsent.status_code == 409
    too_long = await ada.post(f"{path}/notes", data={"text": EVIL * 40})
    assert too_long.status_code == 422
    login = await ada.post("/desk/login", data={"email": EVIL, "password": EVIL, "next": EVIL})
    for page in (unsent, too_long, login, await ada.get(f"/desk/{EVIL}")):
        assert_harmless(page.text)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/desk/", 303),
        ("/desk/login", 200),
        ("/desk/inbox/new", 303),
        ("/desk/nothing", 404),
        ("/desk/static/desk.js", 200),
        ("/desk/static/nothing.js", 404),
        ("/desk/api/requests", 401),
        ("/desk/live", 303),
    ],
)
async def test_every_answer_has_the_strict_policy(browser: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await browser.get(path)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    expected = "no-cache" if path == "/desk/static/desk.js" else "no-store"
    assert answer.headers["cache-control"] == expected


async def test_even_a_bug_of_ours_answers_with_the_policy_and_no_stack_trace(
    quick_world: World, app: ASGIApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(app) as browser:
        await sign_in(browser, "ada")
        monkeypatch.setattr(quick_world.desk.inbox, "counts", None)
        answer = await browser.get("/desk/inbox/new")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "Traceback" not in answer.text
    assert "NoneType" not in answer.text


def test_the_policy_allows_nothing_but_our_own_files() -> None:
    parts = [rule.partition(" ") for rule in CONTENT_SECURITY_POLICY.split("; ")]
    rules = {name: value for name, _, value in parts}
    assert rules["default-src"] == "'none'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert set(rules.values()) == {"'none'", "'self'"}
    assert "unsafe" not in CONTENT_SECURITY_POLICY


# ------------------------------------------------------------------------------------- without any script
@pytest.mark.feature("HO-07", "IN-01", "IN-02", "IN-03", "IN-05", "CV-04", "CV-22", "DP-08")
async def test_a_conversation_from_new_to_closed_with_links_and_forms_only(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    chat = await quick_world.chat()
    await sign_in(browser, "ada")
    inbox = await browser.get("/desk/inbox/new")
    assert f'href="/desk/requests/{request_id(chat)}"' in inbox.text
    preview = await browser.get(f"/desk/requests/{request_id(chat)}")
    for text in ("Maria Pappa", "maria@example.org", "Where is my order?", "What is it about?", "Accept"):
        assert text in preview.text
    token = {"csrf_token": csrf_of(preview)}
    accepted = await browser.post(f"/desk/requests/{request_id(chat)}/accept", data=token)
    assert accepted.status_code == 303
    path = accepted.headers["location"]
    window = await browser.get(path)
    assert f'href="{path}"' in (await browser.get("/desk/inbox/open")).text
    assert f'href="/desk/requests/{request_id(chat)}"' not in (await browser.get("/desk/inbox/new")).text
    key = re.search(r'name="key" value="([0-9a-f]{32})"', window.text)
    assert key
    for _ in range(2):  # a double click, or the form sent again by going back
        sent = await browser.post(f"{path}/messages", data=token | {"text": "Good morning", "key": key[1]})
        assert (sent.status_code, sent.headers["location"]) == (303, path)
    noted = await browser.post(f"{path}/notes", data=token | {"text": "call back"})
    assert noted.headers["location"] == path
    window = await browser.get(path)
    assert window.text.count("Good morning") == 2  # in the conversation, and in the line of the list
    assert "call back" in window.text
    assert "Maria Pappa" in (await browser.get(f"{path}/history")).text
    asked = await browser.get(f"{path}/end")
    assert "End the conversation with Maria Pappa?" in asked.text
    assert (await quick_world.desk.inbox.counts()).open == 1
    ended = await browser.post(f"{path}/end", data=token)
    assert ended.headers["location"] == path
    closed = await browser.get(path)
    assert "This conversation has ended" in closed.text
    assert "reply-form" not in closed.text
    assert "note-form" in closed.text
    assert "call back" in closed.text
    assert "Good morning" in (await browser.get("/desk/inbox/closed")).text


async def test_notes_are_changed_and_deleted_with_forms(quick_world: World, ada: httpx.AsyncClient) -> None:
    conversation = await quick_world.accepted()
    note = await quick_world.desk.notes.add(quick_world.ada, conversation.id, "first words")
    path = f"/desk/conversations/{conversation.id}"
    assert (await ada.post(f"{path}/notes/{note.id}", data={"text": "better words"})).status_code == 303
    assert "better words" in (await ada.get(f"{path}?part=notes")).text
    assert (await ada.post(f"{path}/notes/{note.id}/delete", data={"sent": "1"})).status_code == 303
    assert "better words" not in (await ada.get(f"{path}?part=notes")).text


@pytest.mark.feature("IN-07")
async def test_whoever_comes_second_sees_who_was_first(quick_world: World, ada: httpx.AsyncClient) -> None:
    chat = await quick_world.chat()
    await quick_world.desk.conversations.accept(quick_world.ben, request_id(chat))
    answer = await ada.post(f"/desk/requests/{request_id(chat)}/accept", data={"sent": "1"})
    assert answer.status_code == 409
    assert "This request was taken by Ben Okoro." in answer.text
    assert "Accept" not in re.sub(r"<dialog.*?</dialog>", "", answer.text, flags=re.DOTALL)
    page = await ada.get(f"/desk/requests/{request_id(chat)}")
    assert "taken by Ben Okoro" in page.text


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (EndReason(by="clock", why="timeout"), "This request was missed"),
        (EndReason(by="user", why="abandoned"), "This request was withdrawn"),
    ],
)
async def test_a_request_that_is_gone_says_why(
    quick_world: World, ada: httpx.AsyncClient, reason: EndReason, words: str
) -> None:
    chat = await quick_world.chat()
    await quick_world.provider.close(chat, reason)
    assert words in (await ada.get(f"/desk/requests/{request_id(chat)}")).text
    assert words in (await ada.post(f"/desk/requests/{request_id(chat)}/accept", data={"sent": "1"})).text


async def test_the_preview_of_what_is_mine_leads_to_the_conversation(
    quick_world: World, ada: httpx.AsyncClient
) -> None:
    chat = await quick_world.chat()
    conversation = await quick_world.desk.conversations.accept(quick_world.ada, request_id(chat))
    answer = await ada.get(f"/desk/requests/{request_id(chat)}")
    assert answer.headers["location"] == f"/desk/conversations/{conversation.id}"


@pytest.mark.feature("IN-10")
async def test_a_colleague_reads_the_conversation_but_gets_no_field_to_write_in(
    quick_world: World, ada: httpx.AsyncClient
) -> None:
    conversation = await quick_world.accepted(by="ben")
    page = await ada.get(f"/desk/conversations/{conversation.id}")
    assert "Ben Okoro handles this conversation" in page.text
    assert "reply-form" not in page.text
    assert "End conversation" not in re.sub(r"<dialog.*?</dialog>", "", page.text, flags=re.DOTALL)
    assert "note-form" in page.text


async def test_what_cannot_be_sent_stays_in_its_field(quick_world: World, ada: httpx.AsyncClient) -> None:
    conversation = await quick_world.accepted()
    path = f"/desk/conversations/{conversation.id}"
    text = "x" * (MAX_MESSAGE_TEXT + 1)
    answer = await ada.post(f"{path}/messages", data={"text": text})
    assert answer.status_code == 422
    assert text in answer.text
    assert "the limit is 8,000" in answer.text


async def test_a_script_gets_json_instead_of_pages(quick_world: World, ada: httpx.AsyncClient) -> None:
    conversation = await quick_world.accepted()
    path = f"/desk/conversations/{conversation.id}"
    sent = await ada.post(f"{path}/messages", data={"text": "hi", "key": "k"}, headers=JSON)
    assert (sent.status_code, sent.json()) == (201, {"seq": 2, "key": "k"})
    again = await ada.post(f"{path}/messages", data={"text": "hi", "key": "k"}, headers=JSON)
    assert (again.status_code, again.json()) == (200, {"seq": 2, "key": "k"})
    empty = await ada.post(f"{path}/messages", data={"text": " "}, headers=JSON)
    assert (empty.status_code, empty.json()["error"]["code"]) == (422, "invalid")
    noted = await ada.post(f"{path}/notes", data={"text": "n"}, headers=JSON)
    assert noted.status_code == 201


@pytest.mark.parametrize("token", ["", "guess", None])
async def test_a_form_of_another_site_changes_nothing(
    quick_world: World, browser: httpx.AsyncClient, token: str | None
) -> None:
    conversation = await quick_world.accepted()
    chat = await quick_world.chat("ref-2")
    await sign_in(browser, "ada")
    fields = {"text": "forged"} | ({} if token is None else {"csrf_token": token})
    for path in (
        f"requests/{request_id(chat)}/accept",
        f"conversations/{conversation.id}/messages",
        f"conversations/{conversation.id}/notes",
        f"conversations/{conversation.id}/end",
    ):
        answer = await browser.post(f"/desk/{path}", data=fields)
        assert answer.status_code == 403, path
    counts = await quick_world.desk.inbox.counts()
    assert (counts.new, counts.open) == (1, 1)
    assert "forged" not in (await browser.get(f"/desk/conversations/{conversation.id}")).text


async def test_the_token_of_one_session_does_not_work_in_another(quick_world: World, app: ASGIApp) -> None:
    conversation = await quick_world.accepted(by="ada")
    async with client(app) as hers, client(app) as his:
        await sign_in(hers, "ada")
        foreign = await sign_in(his, "ben")
        answer = await hers.post(f"/desk/conversations/{conversation.id}/end", data={"csrf_token": foreign})
        assert answer.status_code == 403


async def test_a_body_of_another_kind_or_without_end_is_refused(
    quick_world: World, ada: httpx.AsyncClient
) -> None:
    conversation = await quick_world.accepted()
    path = f"/desk/conversations/{conversation.id}/messages"
    assert (await ada.post(path, json={"text": "x"})).status_code == 415
    assert (await ada.post(path, files={"text": b"x"})).status_code == 415
    assert (await ada.post(path, data={"text": "x" * 200_000})).status_code == 413
    many = {f"field{number}": "x" for number in range(60)}
    assert (await ada.post(path, data=many)).status_code == 400
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert (await ada.post(path, content=b"text=\xff\xfe", headers=form)).status_code == 400


async def test_pages_of_another_desk_do_not_show_this_ones_rows(
    quick_world: World, memory: MemoryDatabase
) -> None:
    from providers.helvia.tests.browsing import mounted
    from providers.helvia.tests.world import make_world

    other = await make_world(quick_world.clock, memory, name="other")
    conversation = await quick_world.accepted()
    async with client(mounted(other.provider.pages(), "/other")) as browser:
        await sign_in(browser, "ada", base="/other")
        assert (await browser.get(f"/other/conversations/{conversation.id}")).status_code == 404
        for tab in ("new", "open", "closed"):
            assert "Maria" not in (await browser.get(f"/other/inbox/{tab}")).text


async def test_a_session_of_one_desk_is_nothing_at_another(
    quick_world: World, memory: MemoryDatabase
) -> None:
    from providers.helvia.tests.browsing import mounted
    from providers.helvia.tests.world import make_world

    token = await quick_world.desk.sessions.start(quick_world.ada, "page")
    other = await make_world(quick_world.clock, memory, name="other")
    async with client(mounted(other.provider.pages(), "/other")) as browser:
        browser.cookies.set("desk_session", token, domain="host.local", path="/other")
        assert (await browser.get("/other/inbox/new")).status_code == 303


async def test_every_address_is_below_the_place_where_the_desk_is_mounted(
    quick_world: World, ada: httpx.AsyncClient
) -> None:
    chat = await quick_world.chat()
    conversation = await quick_world.accepted("ref-2")
    for path in (
        "login?again=1",
        "inbox/new",
        f"requests/{request_id(chat)}",
        f"conversations/{conversation.id}",
    ):
        page = await ada.get(f"/desk/{path}")
        for tag, attributes in tags(page.text):
            for name in ("href", "src", "action"):
                address = attributes.get(name)
                assert address is None or address.startswith(("/desk/", "#")), (tag, address)


async def test_every_field_has_a_label_and_every_picture_a_text(
    quick_world: World, ada: httpx.AsyncClient
) -> None:
    chat = await quick_world.chat()
    conversation = await quick_world.accepted("ref-2")
    await quick_world.desk.notes.add(quick_world.ada, conversation.id, "a note")
    for path in (
        "login?again=1",
        "inbox/new",
        f"requests/{request_id(chat)}",
        f"conversations/{conversation.id}",
    ):
        found = tags((await ada.get(f"/desk/{path}")).text)
        labelled = {attributes.get("for") for tag, attributes in found if tag == "label"}
        for tag, attributes in found:
            if tag == "img":
                assert "alt" in attributes
            named = attributes.get("type") == "checkbox" or attributes.get("id") in labelled
            if tag in {"input", "textarea"} and attributes.get("type") != "hidden":
                assert named, (path, attributes)
        ids = [attributes["id"] for _, attributes in found if attributes.get("id")]
        assert len(ids) == len(set(ids))
        assert [attributes.get("lang") for tag, attributes in found if tag == "html"] == ["en"]
        assert sum(tag == "h1" for tag, _ in found) == 1, path
        assert sum(tag == "main" for tag, _ in found) == 1


async def test_new_messages_are_announced_and_shortcuts_are_listed(
    quick_world: World, ada: httpx.AsyncClient
) -> None:
    conversation = await quick_world.accepted()
    found = tags((await ada.get(f"/desk/conversations/{conversation.id}")).text)
    ids = [attributes.get("id") for _, attributes in found]
    around = found[ids.index("timeline") - 1][1]
    assert (around["role"], around["aria-live"]) == ("log", "polite")
    assert any(attributes.get("id") == "keys" and tag == "dialog" for tag, attributes in found)
    assert any(attributes.get("id") == "end-dialog" and tag == "dialog" for tag, attributes in found)


async def test_notes_are_marked_as_internal(quick_world: World, ada: httpx.AsyncClient) -> None:
    conversation = await quick_world.accepted()
    page = await ada.get(f"/desk/conversations/{conversation.id}")
    assert "internal" in page.text
    assert "never sent to Maria Pappa" in page.text


@pytest.mark.feature("DP-02", "DP-04", "DP-05", "DP-07", "CRM-07")
async def test_the_details_show_what_is_known(quick_world: World, ada: httpx.AsyncClient) -> None:
    chat = await quick_world.chat()
    contact = Contact(
        source="crm",
        id="7",
        name="Maria P.",
        link="https://crm.example/7",
        fields=(ContactField(label="Account status", value="Gold"),),
    )
    survey = (SurveyAnswer(id="topic", question="What is it about?", answer="My order"),)
    await quick_world.provider.update(chat, ChatDetails(contacts=(contact,), survey=survey))
    conversation = await quick_world.desk.conversations.accept(quick_world.ada, request_id(chat))
    page = (await ada.get(f"/desk/conversations/{conversation.id}")).text
    for text in (
        "<dt>Status</dt><dd>Open</dd>",
        str(conversation.id),
        "Ada Marsh (owner)",
        "vip",
        *("Maria Pappa", "maria@example.org", "+30 210 1"),
        *("What is it about?", "My order"),
        "Account status",
        "Gold",
        "https://crm.example/7",
        "/orders",
    ):
        assert text in page


@pytest.mark.feature("DP-06")
async def test_without_a_crm_the_contact_is_simply_empty(quick_world: World, ada: httpx.AsyncClient) -> None:
    conversation = await quick_world.accepted()
    assert "No customer record." in (await ada.get(f"/desk/conversations/{conversation.id}")).text


async def test_a_user_without_a_name_is_a_visitor(quick_world: World, ada: httpx.AsyncClient) -> None:
    await quick_world.chat(user=EndUser(id="u"), transcript=(), survey=(), reason=None)
    page = await ada.get("/desk/inbox/new")
    assert "Visitor" in page.text
    assert "None" not in page.text


async def test_the_details_show_company_cases_and_who_it_may_be(
    quick_world: World, ada: httpx.AsyncClient
) -> None:
    chat = await quick_world.chat()
    hostile = "<script>alert(1)</script>"
    known = Contact(
        source="crm",
        id="7",
        name="Maria P.",
        account=ContactAccount(id="a", name="Acme", number="ACC-7", link="https://crm.example/a"),
        cases=(
            ContactCase(id="c", number="CAS-1", title=hostile, open=True, link="javascript:alert(1)"),
            ContactCase(id="d", number="CAS-2", status="Solved", open=False, link="https://crm.example/d"),
        ),
        incomplete=("orders",),
    )
    several = Contact(
        source="other",
        id=SEVERAL,
        matches=(ContactMatch(id="1", name=hostile, email="x@example.com", by=("e-mail address",)),),
        more_matches=True,
    )
    await quick_world.provider.update(chat, ChatDetails(contacts=(known, several)))
    conversation = await quick_world.desk.conversations.accept(quick_world.ada, request_id(chat))
    page = (await ada.get(f"/desk/conversations/{conversation.id}")).text
    for text in (
        *("https://crm.example/a", "Acme", "(ACC-7)", "CAS-1", "(Open)", "(Solved)", "https://crm.example/d"),
        *("orders", "One of these may be the user", "there are more", "x@example.com", "same e-mail address"),
    ):
        assert text in page
    assert hostile not in page
    assert "javascript:" not in page
