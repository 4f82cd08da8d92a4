"""Transcripts: everything that was said, for those who may have it, in any number, and never a note."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.messages import Attachment
from livechat_sdk.domain.people import EndUser
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.audit import AuditFilter
from livechat_sdk_helvia.desk_settings import DeskSettings, Mode
from livechat_sdk_helvia.faults import Forbidden, NotFound
from livechat_sdk_helvia.past import PastFilter
from livechat_sdk_helvia.records import Conversation, ConversationStatus
from livechat_sdk_helvia.transcripts import COLUMNS, safe_cell, transcript_name
from providers.helvia.tests.browsing import sign_in, token_of
from providers.helvia.tests.stored_database import StoredDatabase
from providers.helvia.tests.world import Clock, World, conversation_id, make_world, planned

JOB = "0123456789abcdef"
NOTE = "canary-of-a-note"


async def talk(world: World, ref: str, *, by: str = "ada", turns: int = 2, **values: Any) -> Conversation:
    """A conversation in which both sides said something, and a note was written."""
    conversation = await world.accepted(ref, by, **values)
    for number in range(turns):
        await world.desk.messages.take_in(conversation, planned(world.clock, f"u{number}", f"asks {number}"))
        await world.desk.messages.send(world.people[by], conversation, f"answers {number}")
    await world.desk.notes.add(world.people[by], conversation.id, NOTE)
    return conversation


async def finished(world: World, ref: str, **values: Any) -> Conversation:
    conversation = await talk(world, ref, **values)
    return await world.desk.conversations.end(world.ines, conversation.id)


async def whole(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


async def zipped(world: World, **wanted: object) -> dict[str, list[dict[str, str]]]:
    export = await world.desk.transcripts.export(world.ines, PastFilter.model_validate(wanted), job=JOB)
    content = await whole(export.pieces)
    assert NOTE.encode() not in content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == export.total
        found = {name: archive.read(name) for name in archive.namelist()}
    assert not any(NOTE.encode() in one for one in found.values())
    return {name: rows(one) for name, one in found.items()}


@pytest.mark.feature("TR-01", "TR-05")
async def test_a_zip_has_one_csv_for_each_conversation_with_all_its_messages(world: World) -> None:
    long, short = await finished(world, "a", turns=4), await finished(world, "b", turns=0)
    missed = await world.chat("c")
    await world.provider.close(missed, EndReason(by="clock", why="timeout"))
    found = await zipped(world)
    silent = await world.desk.conversations.get(conversation_id(missed))
    assert set(found) == {transcript_name(one) for one in (long, short, silent)}
    said = found[transcript_name(long)]
    assert [(row["author"], row["text"], row["type"]) for row in said] == [
        ("system", "Ada Marsh accepted the request.", "system_message"),
        *(
            line
            for number in range(4)
            for line in (
                ("end-user", f"asks {number}", "text"),
                ("agent", f"answers {number}", "text"),
            )
        ),
        ("system", "Ines Vidal ended the conversation.", "system_message"),
    ]
    assert [row["seq"] for row in said] == [str(number) for number in range(1, 11)]
    assert [row["name"] for row in said][1:3] == ["Maria Pappa", "Ada Marsh"]
    assert said[1]["sent_at"] == "2026-03-02T09:00:00.000000Z"
    assert list(said[0]) == list(COLUMNS)
    assert [row["type"] for row in found[transcript_name(silent)]] == ["system_message"]


@pytest.mark.feature("TR-05")
async def test_long_conversations_and_many_come_whole(
    quick_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livechat_sdk_helvia.transcripts._MESSAGES", 3)
    monkeypatch.setattr("livechat_sdk_helvia.transcripts._BATCH", 2)
    made = [await finished(quick_world, f"r{turns}", turns=turns) for turns in (0, 5, 1, 3, 0)]
    found = await zipped(quick_world)
    assert {name: len(lines) for name, lines in found.items()} == {
        transcript_name(one): 2 + 2 * turns for one, turns in zip(made, (0, 5, 1, 3, 0), strict=True)
    }


@pytest.mark.feature("TR-02", "TR-03", "TR-04")
async def test_a_download_holds_only_what_was_asked_for(world: World) -> None:
    march = await finished(world, "march", by="ada")
    april = await finished(world, "april", by="ben", requested_at=datetime(2026, 4, 5, 12, tzinfo=UTC))
    missed = await world.chat("missed", bot="night-bot")
    await world.provider.close(missed, EndReason(by="clock", why="timeout"))
    silent = await world.desk.conversations.get(conversation_id(missed))
    running = await talk(world, "open")
    for wanted, expected in (
        ({"statuses": [ConversationStatus.FINISHED]}, [march, april]),
        ({"statuses": [ConversationStatus.UNSERVED]}, [silent]),
        ({"statuses": [ConversationStatus.STARTED]}, [running]),
        ({"handler": world.ben.id}, [april]),
        ({"bot": "night-bot"}, [silent]),
        ({"since": datetime(2026, 4, 1, tzinfo=UTC)}, [april]),
        ({"until": datetime(2026, 4, 1, tzinfo=UTC), "handler": world.ada.id}, [march]),
        ({"bot": "nobody"}, []),
    ):
        assert set(await zipped(world, **wanted)) == {transcript_name(one) for one in expected}, wanted


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\u00a0=1", "\uff1d1", "\n@x"]
)
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@given(st.text())
def test_a_cell_keeps_its_text(text: str) -> None:
    cell = safe_cell(text)
    assert cell.removeprefix("'") in (text, text.removeprefix("'"))
    assert cell.lstrip(" \u00a0\ufeff")[:1] not in tuple("=+-@\t\r\n")


async def test_hostile_words_stay_words(quick_world: World) -> None:
    user = EndUser(id="u", name='=HYPERLINK("http://evil.example","x")')
    conversation = await quick_world.accepted(user=user)
    file = Attachment(url="https://files.example/1", name="=cmd|calc.png", media_type="image/png")
    text = 'line one\r\n=2+2,"quoted";tab\t'
    message = planned(quick_world.clock, "k", text, (file,))
    await quick_world.desk.messages.take_in(conversation, message)
    content = await whole(await quick_world.desk.transcripts.of(quick_world.ada, conversation))
    [said] = [row for row in rows(content) if row["author"] == "end-user"]
    assert said["text"] == text
    assert said["name"] == f"'{user.name}"
    assert said["attachments"] == "'=cmd|calc.png"


@pytest.mark.feature("TR-01", "RO-08", "AD-18")
async def test_only_an_admin_downloads_many(quick_world: World, browser: httpx.AsyncClient) -> None:
    await finished(quick_world, "a")
    for name in ("ada", "olga"):
        with pytest.raises(Forbidden):
            await quick_world.desk.transcripts.export(quick_world.people[name], PastFilter(), job=JOB)
    await sign_in(browser, "ada")
    for path in ("admin/transcripts", f"admin/transcripts/download?job={JOB}", "admin/transcripts/progress"):
        assert (await browser.get(f"/desk/{path}")).status_code == 403
    assert "Transcripts" not in (await browser.get("/desk/inbox/new")).text
    assert (
        await browser.get("/desk/api/transcripts", headers=await token_of(browser, "ada"))
    ).status_code == 403
    answer = await browser.get("/desk/api/transcripts", headers=await token_of(browser, "ines"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["x-conversations"] == "1"
    assert len(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == 1


@pytest.mark.feature("TR-01", "TR-02", "TR-03", "TR-04", "AD-18")
async def test_an_admin_finds_and_downloads_on_the_page(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await finished(quick_world, "a", by="ben")
    await finished(quick_world, "b", by="ada")
    await sign_in(browser, "ines")
    form = await browser.get("/desk/admin/transcripts")
    assert "Download the zip" not in form.text
    query = f"status=finished&handler={quick_world.ben.id}&from=2026-03-02&to=2026-03-02&zone=Europe/Athens"
    page = await browser.get(f"/desk/admin/transcripts?{query}")
    assert "1 conversation<" in page.text
    [link] = [part.split('"')[0] for part in page.text.split('href="') if "/download?" in part]
    answer = await browser.get(link.replace("&amp;", "&"))
    assert answer.headers["content-disposition"] == 'attachment; filename="transcripts-2026-03-02.zip"'
    assert len(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == 1
    job = link.rsplit("job=", 1)[1]
    told = (await browser.get(f"/desk/admin/transcripts/progress?job={job}")).json()
    assert told == {"done": 1, "total": 1, "finished": True}
    nothing = await browser.get("/desk/admin/transcripts?bot=nobody")
    assert "No conversation matches" in nothing.text
    for bad in ("status=new", "from=x", "handler=ada"):
        assert (await browser.get(f"/desk/admin/transcripts?{bad}")).status_code == 422
        assert (await browser.get(f"/desk/admin/transcripts/download?job={JOB}&{bad}")).status_code == 422
    assert (await browser.get("/desk/admin/transcripts/download?job=../x")).status_code == 404


async def test_progress_is_told_while_it_runs_and_to_nobody_else(
    quick_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livechat_sdk_helvia.transcripts._BATCH", 1)
    monkeypatch.setattr("livechat_sdk_helvia.transcripts._TELL_EVERY", 1)
    for number in range(3):
        await finished(quick_world, f"r{number}")
    desk, ines = quick_world.desk, quick_world.ines
    export = await desk.transcripts.export(ines, PastFilter(), job=JOB)
    seen: list[int] = []
    async for _ in export.pieces:
        told = await desk.transcripts.progress(ines, JOB)
        assert (told.total, told.finished) == (3, False)
        seen.append(told.done)
    assert sorted(set(seen)) == [0, 1, 2, 3]
    assert seen == sorted(seen)
    assert (await desk.transcripts.progress(ines, JOB)).finished
    with pytest.raises(NotFound):
        await desk.transcripts.progress(ines, "f" * 16)
    await quick_world.database.commit([Statement("UPDATE desk_exports SET user_id = 1")])
    with pytest.raises(NotFound):
        await desk.transcripts.progress(ines, JOB)
    with pytest.raises(NotFound):
        await desk.transcripts.export(ines, PastFilter(), job=JOB)
    quick_world.clock.advance(hours=25)
    await desk.transcripts.export(ines, PastFilter(), job="a" * 16)
    assert len(await desk.context.fetch("SELECT job FROM desk_exports WHERE 1 = 1")) == 1


@pytest.mark.feature("CV-26", "TR-06")
async def test_an_agent_exports_one_conversation_without_its_notes(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    conversation = await talk(quick_world, "a")
    await sign_in(browser, "ada")
    answer = await browser.get(f"/desk/conversations/{conversation.id}/transcript")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert f'filename="2026-03-02-{conversation.id}.csv"' in answer.headers["content-disposition"]
    assert [row["text"] for row in rows(answer.content)][1:3] == ["asks 0", "answers 0"]
    assert NOTE not in answer.text
    headers = await token_of(browser, "ada")
    again = await browser.get(f"/desk/api/conversations/{conversation.id}/transcript", headers=headers)
    assert again.content == answer.content
    assert (await browser.get("/desk/conversations/1/transcript")).status_code == 404
    entries = await quick_world.desk.audit.entries(quick_world.ines, AuditFilter(area="transcript"))
    assert [(one.actor_name, one.subject) for one in entries] == [
        ("Ada Marsh", f"conversation:{conversation.id}")
    ] * 2


async def test_in_private_mode_a_colleague_gets_no_transcript(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    conversation = await talk(quick_world, "a", by="ben")
    await quick_world.desk.settings.replace(quick_world.ines, DeskSettings(mode=Mode.PRIVATE))
    await sign_in(browser, "ada")
    assert (await browser.get(f"/desk/conversations/{conversation.id}/transcript")).status_code == 404
    headers = await token_of(browser, "ada")
    address = f"/desk/api/conversations/{conversation.id}/transcript"
    assert (await browser.get(address, headers=headers)).status_code == 404
    assert (await browser.get(address, headers=await token_of(browser, "ben"))).status_code == 200


def test_the_name_of_a_file_is_nothing_that_anybody_chose() -> None:
    fields: dict[str, Any] = dict.fromkeys(Conversation.model_fields, "../../etc/passwd")
    fields |= {"id": 7, "created_at": datetime(2026, 3, 2, tzinfo=UTC)}
    one = Conversation.model_construct(**fields)
    assert transcript_name(one) == "2026-03-02-7.csv"


async def test_the_memory_of_a_download_does_not_grow_with_it(stored: StoredDatabase, clock: Clock) -> None:
    world = await make_world(clock, stored)
    peaks = []
    for count in (200, 1200):
        await many(world, count)
        export = await world.desk.transcripts.export(world.ines, PastFilter(), job=JOB)
        size = 0
        tracemalloc.start()
        async for piece in export.pieces:
            size += len(piece)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert export.total == count
        assert size > count * 300
    assert peaks[1] < peaks[0] + 500_000, peaks
    assert peaks[1] < 6_000_000, peaks


async def many(world: World, count: int) -> None:
    """Bring the desk to ``count`` conversations that are over, with five messages each, by copying one."""
    known = await world.desk.context.fetch("SELECT id FROM desk_conversations WHERE 1 = 1")
    pattern = int(str(known[0]["id"])) if known else (await finished(world, "pattern")).id
    batch: list[Statement] = []
    for number in range(len(known) or 1, count):
        values = {"by": number, "pattern": pattern}
        batch += [Statement(_COPIED, values), Statement(_COPIED_MESSAGES, values)]
    await world.database.commit(batch)


_COPIED = """
    INSERT INTO desk_conversations (workspace, integration, id, ref, handoff_id, attempt,
        platform_conversation, status, bot, user_id, user_name, survey, contacts, tags, attributes,
        history_length, created_at, ended_at, ended_by, ended_why, last_at, last_text, last_author)
    SELECT workspace, integration, id + :by, ref || CAST(:by AS TEXT), handoff_id, attempt,
        platform_conversation, status, bot, user_id, user_name, survey, contacts, tags, attributes,
        history_length, created_at, ended_at, ended_by, ended_why, last_at, last_text, last_author
    FROM desk_conversations WHERE id = :pattern
"""

_COPIED_MESSAGES = """
    INSERT INTO desk_messages (workspace, integration, id, conversation_id, seq, author, key, author_name,
        text, attachments, sent_at)
    SELECT workspace, integration, id + :by * 1000000, conversation_id + :by, seq, author, key, author_name,
        text, attachments, sent_at
    FROM desk_messages WHERE conversation_id = :pattern
"""
