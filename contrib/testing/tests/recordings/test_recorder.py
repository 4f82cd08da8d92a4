from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from livechat_sdk.http import ClientCredentials, VendorClient, override_transport
from livechat_sdk_testing.recordings import Recorder, Redaction, read_folder, replay
from livechat_sdk_testing.recordings.recorder import MAX_BODY

ON = date(2026, 11, 26)
HOST = "acme-corp.vendor.example"
SECRET = "a-client-secret-of-the-account"
TOKEN = "tok-7f3a9c"


def vendor(request: httpx.Request) -> httpx.Response:
    """Gives a token, and a thing to whoever has it; a late answer tells the session's key and a name."""
    if request.url.path == "/oauth/token":
        return httpx.Response(200, json={"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600})
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        return httpx.Response(401, json={"error": "no"})
    body = {"id": "t-1", "agent": {"name": "Maria Pappa"}, "next": f"https://{HOST}/v1/things?page=2"}
    packed = gzip.compress(json.dumps(body).encode())
    headers = {"content-type": "application/json", "content-encoding": "gzip", "server": "acme/1.2"}
    return httpx.Response(200, content=packed, headers=headers)


def a_client(secret: str) -> VendorClient:
    return VendorClient(
        provider="ACME",
        base_url=f"https://{HOST}",
        auth=ClientCredentials(
            token_url="oauth/token", client_id="client-77", client_secret=SecretStr(secret)
        ),
    )


def texts_of(folder: Path) -> dict[str, str]:
    return {one.relative_to(folder).as_posix(): one.read_text("utf-8") for one in folder.rglob("*.yaml")}


RULES = Redaction(secrets=(SecretStr(SECRET), SecretStr("client-77")), hosts={HOST: "acme.example"})


async def test_session_is_written_without_secrets_and_can_be_replayed(tmp_path: Path) -> None:
    recorder = Recorder(httpx.MockTransport(vendor))
    client = a_client(SECRET)
    with override_transport(recorder):
        recorder.operation = "look"
        await client.request("look", "GET", "v1/things", params={"by": "Maria Pappa"})
    await client.close()
    recorder.save(tmp_path, RULES, source="a test account", on=ON)
    written = texts_of(tmp_path)
    assert sorted(written) == ["look/get-things-200.yaml", "look/post-token-200.yaml"]
    for secret in (SECRET, TOKEN, "client-77", HOST, "Maria", "Pappa", "acme/1.2"):
        assert not [name for name, text in written.items() if secret in text]
    # With the placeholders as credentials the same calls are answered again: relations were kept.
    again = a_client("redacted-secret-1")
    again._auth = ClientCredentials(
        token_url="oauth/token", client_id="redacted-secret-2", client_secret=SecretStr("redacted-secret-1")
    )
    again._base = httpx.URL("https://acme.example/")
    with replay(tmp_path) as playing:
        answer = await again.request("look", "GET", "v1/things", params={"by": "Person 1"})
    await again.close()
    assert playing.calls == ["look/post-token-200", "look/get-things-200"]
    assert answer.json() == {
        "id": "t-1",
        "agent": {"name": "Person 1"},
        "next": "https://acme.example/v1/things?page=2",
    }


async def test_what_is_learned_late_is_gone_from_the_beginning() -> None:
    answers = iter([httpx.Response(200, text="hello dora"), httpx.Response(200, json={"user_name": "dora"})])
    recorder = Recorder(httpx.MockTransport(lambda _: next(answers)))
    async with httpx.AsyncClient(transport=recorder) as client:
        await client.get("https://a.example/dora")
        await client.get("https://a.example/who")
    first, second = recorder.recordings(Redaction(), source="a test", on=ON)
    assert (first.request.url, first.response.text) == ("https://a.example/Person%201", "hello Person 1")
    assert second.response.json_ == {"user_name": "Person 1"}


async def test_caller_gets_the_answer_as_it_was() -> None:
    recorder = Recorder(httpx.MockTransport(vendor))
    async with httpx.AsyncClient(transport=recorder) as client:
        answer = await client.get(f"https://{HOST}/x", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.json()["agent"] == {"name": "Maria Pappa"}
    assert answer.headers["server"] == "acme/1.2"


async def test_names_tell_operation_call_and_status_and_never_clash() -> None:
    recorder = Recorder(httpx.MockTransport(lambda _: httpx.Response(204)), operation="Was sent")
    async with httpx.AsyncClient(transport=recorder) as client:
        for path in ("/v1/chats/c-123/messages", "/v1/chats/c-124/messages", "/"):
            await client.get(f"https://a.example{path}")
    found = recorder.recordings(Redaction(), source="a test", on=ON)
    assert [one.name for one in found] == [
        "was-sent/get-messages-204",
        "was-sent/get-messages-204-2",
        "was-sent/get-204",
    ]
    assert {one.provenance.kind for one in found} == {"recorded"}


async def test_long_bodies_pass_and_are_not_kept(tmp_path: Path) -> None:
    recorder = Recorder(httpx.MockTransport(lambda _: httpx.Response(200, content=b"x" * (MAX_BODY + 1))))
    async with httpx.AsyncClient(transport=recorder) as client:
        assert len((await client.get("https://a.example/")).content) == MAX_BODY + 1
    assert (recorder.captured, recorder.left_out) == (0, 1)
    assert recorder.save(tmp_path, Redaction(), source="a test", on=ON) == []


async def test_call_that_fails_is_no_exchange() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    recorder = Recorder(httpx.MockTransport(refuse))
    async with httpx.AsyncClient(transport=recorder) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("https://a.example/")
    assert recorder.captured == 0


async def test_name_of_the_file_is_redacted_too(tmp_path: Path) -> None:
    recorder = Recorder(httpx.MockTransport(vendor), operation="look")
    async with httpx.AsyncClient(transport=recorder) as client:
        await client.get(f"https://{HOST}/v1/{SECRET}")
    assert [one.name for one in recorder.save(tmp_path, RULES, source="a test", on=ON)] == ["get-401.yaml"]


async def test_nothing_shows_what_was_captured(tmp_path: Path) -> None:
    recorder = Recorder(httpx.MockTransport(vendor))
    async with httpx.AsyncClient(transport=recorder) as client:
        await client.get(f"https://{HOST}/{SECRET}", headers={"authorization": f"Bearer {TOKEN}"})
    shown = repr(recorder) + repr(recorder._exchanges)
    assert SECRET not in shown
    assert TOKEN not in shown


async def test_files_are_read_back_as_they_were_made(tmp_path: Path) -> None:
    recorder = Recorder(httpx.MockTransport(vendor), operation="look")
    async with httpx.AsyncClient(transport=recorder) as client:
        await client.post(
            f"https://{HOST}/v1/things", data={"a": "1", "password": "p"}, headers={"x-other": "1"}
        )
    made = recorder.recordings(RULES, source="a test", on=ON)
    recorder.save(tmp_path, RULES, source="a test", on=ON)
    assert read_folder(tmp_path) == made
    assert made[0].request.form == {"a": "1", "password": "redacted-token-1"}
