"""Transfers and invitations on the pages and in the API: with links and forms only, and live."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import ASGIApp

from livechat_sdk_helvia.records import Conversation, Role
from providers.helvia.tests.browsing import client, csrf_of, sign_in, stream, token_of
from providers.helvia.tests.world import World


@pytest.fixture
async def talk(quick_world: World) -> Conversation:
    """Ada's conversation; Ben is the team Billing."""
    world = quick_world
    await world.desk.groups.create(world.ines, "invoices", "Billing", [Role.AGENT], [world.ben.id])
    return await world.accepted()


@pytest.fixture
async def ben(app: ASGIApp, quick_world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Ben's browser, signed in."""
    async with client(app) as made:
        made.headers["x-csrf-token"] = await sign_in(made, "ben")
        await quick_world.desk.presence.seen(quick_world.ben)
        yield made


@pytest.fixture
async def ada(browser: httpx.AsyncClient, quick_world: World) -> httpx.AsyncClient:
    """Ada's browser, signed in."""
    browser.headers["x-csrf-token"] = await sign_in(browser, "ada")
    return browser


@pytest.mark.feature("CV-08", "CV-10", "CV-11")
async def test_a_transfer_with_links_and_forms_only(
    quick_world: World, talk: Conversation, ada: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    path = f"/desk/conversations/{talk.id}"
    window = await ada.get(path)
    assert f'href="{path}/transfer"' in window.text
    form = await ada.get(f"{path}/transfer")
    assert f'value="member:{quick_world.ben.id}"' in form.text
    assert 'value="team:invoices"' in form.text
    fields = {"target": f"member:{quick_world.ben.id}", "note": "wants a refund", "leave": "1"}
    assert (await ada.post(f"{path}/transfer", data=fields)).headers["location"] == path
    window = await ada.get(path)
    assert "Ben Okoro</strong> is asked to take over" in window.text
    assert "reply-form" in window.text, "she goes on answering"
    [asked] = await quick_world.desk.transfers.of(quick_world.ada, talk.id)
    inbox = await ben.get("/desk/inbox/new")
    assert "Transfer from Ada Marsh" in inbox.text
    preview = await ben.get(f"/desk/requests/{asked.request_id}")
    for text in ("Take over", "Decline", "wants a refund", "Where is my order?"):
        assert text in preview.text
    taken = await ben.post(f"/desk/requests/{asked.request_id}/accept", data={"csrf_token": csrf_of(preview)})
    assert taken.headers["location"] == path
    assert "reply-form" in (await ben.get(path)).text
    assert "wants a refund" in (await ben.get(f"{path}?part=notes")).text
    after = await ada.get(path)
    assert "Ben Okoro handles this conversation" in after.text
    assert "is asked to take over" not in after.text
    assert "Ben Okoro took over from Ada Marsh." in after.text


async def test_a_transfer_is_declined_or_taken_back(
    quick_world: World, talk: Conversation, ada: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    path = f"/desk/conversations/{talk.id}"
    fields = {"target": f"member:{quick_world.ben.id}"}
    for who, what, words in (
        (ben, "decline", "Ben Okoro declined to take over."),
        (ada, "cancel", "Ada Marsh no longer asks Ben Okoro."),
    ):
        await ada.post(f"{path}/transfer", data=fields)
        asked = (await quick_world.desk.transfers.of(quick_world.ada, talk.id))[-1]
        answer = await who.post(f"/desk/requests/{asked.request_id}/{what}", data={"sent": "1"})
        assert answer.status_code == 303
        window = await ada.get(path)
        assert words in window.text
        assert "is asked to take over" not in window.text
        late = await ben.post(f"/desk/requests/{asked.request_id}/accept", data={"sent": "1"})
        assert late.status_code == 409
        assert "Transfer from" not in (await ben.get("/desk/inbox/new")).text


async def test_what_could_not_be_asked_is_there_again(
    quick_world: World, talk: Conversation, ada: httpx.AsyncClient
) -> None:
    path = f"/desk/conversations/{talk.id}/transfer"
    fields = {"target": f"member:{quick_world.ben.id}", "note": "wants a refund"}
    refused = await ada.post(path, data=fields)
    assert refused.status_code == 409
    assert "Ben Okoro is not online" in refused.text
    assert "wants a refund" in refused.text
    assert 'name="leave" value="1">' in refused.text, "what was not ticked is not ticked again"
    for wrong in ("", "team:", "member:x", "nobody:1", "team:nowhere"):
        assert (await ada.post(path, data={"target": wrong})).status_code in {404, 422}
    assert await quick_world.desk.transfers.of(quick_world.ada, talk.id) == []


@pytest.mark.feature("CV-12")
async def test_an_invitation_with_links_and_forms_only(
    quick_world: World, talk: Conversation, ada: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    path = f"/desk/conversations/{talk.id}"
    assert "Invite" in (await ada.get(f"{path}/invite")).text
    await ada.post(f"{path}/invite", data={"target": "team:invoices"})
    [asked] = await quick_world.desk.transfers.of(quick_world.ada, talk.id)
    assert "Invitation from Ada Marsh" in (await ben.get("/desk/inbox/new")).text
    preview = await ben.get(f"/desk/requests/{asked.request_id}")
    assert "Join" in preview.text
    assert "Decline" not in preview.text
    await ben.post(f"/desk/requests/{asked.request_id}/accept", data={"sent": "1"})
    window = await ben.get(path)
    assert "reply-form" in window.text
    assert f'action="{path}/leave"' in window.text
    sent = await ben.post(f"{path}/messages", data={"text": "It costs 12 euros."})
    assert sent.status_code == 303
    assert "You: </span>It costs 12 euros." in (await ben.get("/desk/inbox/open")).text
    assert "Ben Okoro: </span>It costs 12 euros." in (await ada.get("/desk/inbox/open")).text
    assert (await ben.post(f"{path}/leave", data={"sent": "1"})).headers["location"] == "/desk/inbox/open"
    assert "reply-form" not in (await ben.get(path)).text


@pytest.mark.feature("CV-10")
async def test_open_pages_learn_of_it_at_once(
    app: ASGIApp, quick_world: World, talk: Conversation, ada: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    cookie = f"desk_session={ada.cookies['desk_session']}"
    async with stream(app, f"/desk/live?conversation={talk.id}", cookies=cookie) as live:
        before = (await live.next("status")).data
        await live.settled()
        transfers = quick_world.desk.transfers
        asked = await transfers.transfer(quick_world.ada, talk.id, agent=quick_world.ben.id)
        assert "asked Ben Okoro" in (await live.next("message")).data["html"]
        await live.next("handings")
        await live.settled()
        await quick_world.desk.accept(quick_world.ben, asked.request_id)
        after = (await live.next("status")).data
    assert (before["status"], after["status"]) == ("started", "started")
    assert before["who"] != after["who"]


async def test_a_new_transfer_counts_for_whom_it_is_meant(
    app: ASGIApp, quick_world: World, talk: Conversation, ada: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    cookie = f"desk_session={ben.cookies['desk_session']}"
    async with stream(app, "/desk/live", cookies=cookie) as live:
        assert (await live.next("inbox")).data["new"] == 0
        await quick_world.desk.transfers.transfer(quick_world.ada, talk.id, agent=quick_world.ben.id)
        assert (await live.next("inbox")).data["new"] == 1


@pytest.mark.feature("CV-08", "CV-09", "CV-12")
async def test_programs_transfer_and_invite(app: ASGIApp, quick_world: World, talk: Conversation) -> None:
    async with client(app) as program:
        ada, ben = await token_of(program, "ada"), await token_of(program, "ben")
        path = f"/desk/api/conversations/{talk.id}"
        await quick_world.desk.presence.seen(quick_world.ben)
        targets = (await program.get(f"{path}/targets", headers=ada)).json()["items"]
        assert {"Ben Okoro", "Billing", "Ines Vidal"} == {target["name"] for target in targets}
        body = {"targetGroupId": "invoices", "note": "be kind", "leaveOnAccept": False}
        asked = await program.post(f"{path}/transfers", json=body, headers=ada)
        assert asked.status_code == 201
        made = asked.json()
        assert (made["type"], made["targetName"], made["leaveOnAccept"], made["outcome"]) == (
            "transfer",
            "Billing",
            False,
            None,
        )
        again = await program.post(f"{path}/transfers", json=body, headers=ada)
        assert (again.status_code, again.json()["error"]["code"]) == (409, "request_gone")
        back = await program.post(f"/desk/api/requests/{made['id']}/cancel", headers=ada)
        assert back.json()["outcome"] == "cancelled"
        body = {"targetUserId": str(quick_world.ben.id)}
        invited = (await program.post(f"{path}/invitations", json=body, headers=ada)).json()
        joined = await program.post(f"/desk/api/requests/{invited['id']}/accept", headers=ben)
        assert joined.json()["owner"]["fullName"] == "Ada Marsh"
        people = (await program.get(path, headers=ada)).json()["livechatParticipants"]
        assert [(one["fullName"], one["isOwner"]) for one in people] == [
            ("Ada Marsh", True),
            ("Ben Okoro", False),
        ]
        assert (await program.post(f"{path}/leave", headers=ben)).status_code == 204
        transfer = (await program.post(f"{path}/transfers", json=body, headers=ada)).json()
        declined = await program.post(f"/desk/api/requests/{transfer['id']}/decline", headers=ben)
        assert declined.json()["settledBy"] == "Ben Okoro"
        listed = (await program.get(f"{path}/handings", headers=ada)).json()["items"]
        assert [one["outcome"] for one in listed] == ["cancelled", "accepted", "declined"]
        nobody = await program.post(f"{path}/transfers", json={"targetUserId": "x"}, headers=ada)
        assert nobody.status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "conversations/{talk}/transfer",
        "conversations/{talk}/invite",
        "conversations/{talk}/leave",
        "requests/{asked}/decline",
        "requests/{asked}/cancel",
    ],
)
async def test_a_form_of_another_site_hands_nothing_over(
    quick_world: World, talk: Conversation, ada: httpx.AsyncClient, ben: httpx.AsyncClient, path: str
) -> None:
    world = quick_world
    asked = await world.desk.transfers.invite(world.ada, talk.id, agent=world.ben.id)
    for person in (ada, ben):
        del person.headers["x-csrf-token"]
        fields = {"target": f"member:{world.ben.id}", "csrf_token": "guess"}
        where = path.format(talk=talk.id, asked=asked.request_id)
        assert (await person.post(f"/desk/{where}", data=fields)).status_code == 403
    assert await world.desk.transfers.of(world.ada, talk.id) == [asked]
