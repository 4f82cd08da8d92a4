from __future__ import annotations

import base64
import html
import json
from datetime import date
from typing import Any, Literal
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr

from livechat_sdk_testing.recordings import (
    Recorder,
    Recording,
    Redaction,
    Redactor,
    ShortSecret,
    recording_text,
)

SECRET = "s3cr3t/+ü%x y"


def a_redactor(*secrets: str, **rules: Any) -> Redactor:
    return Redactor(Redaction(secrets=tuple(SecretStr(one) for one in secrets), **rules))


async def recorded(
    *,
    rules: Redaction,
    method: str = "POST",
    url: str = "https://api.acme.example/v1/things",
    headers: Any = None,
    content: bytes = b"",
    answer: httpx.Response | None = None,
) -> Recording:
    """One exchange, captured and redacted."""
    response = answer or httpx.Response(200)
    recorder = Recorder(httpx.MockTransport(lambda _: response), operation="open")
    async with httpx.AsyncClient(transport=recorder) as client:
        await client.request(method, url, headers=headers, content=content)
    [found] = recorder.recordings(rules, source="a test", on=date(2026, 11, 26))
    return found


# ---- known secrets, wherever they are and however they are written

Where = Literal[
    "url", "path", "header", "basic", "json", "key", "form", "text", "xml", "binary", "cookie", "answer"
]


def spellings(secret: str) -> set[str]:
    """How the secret could still be read from a file, by somebody who looks."""
    raw = secret.encode()
    found = {
        secret,
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        html.escape(secret),
        raw.hex(),
    }
    for shift in range(3):  # base64 of a text that holds it, at each of the three positions
        coded = base64.b64encode(b"x" * shift + raw).decode()
        found.add(coded[4 if shift else 0 : -4])
    return {one for one in found if len(one) >= 6}


async def exchange_with(secret: str, where: Where) -> Recording:  # noqa: C901 - a case for each place
    rules = Redaction(secrets=(SecretStr(secret),), keep_headers=frozenset({"x-note"}))
    kinds = {"json": "application/json", "form": "application/x-www-form-urlencoded", "xml": "text/xml"}
    headers: dict[str, str] = {}
    url, content, answer = "https://api.acme.example/v1/things", b"", None
    match where:
        case "url":
            url += "?" + urlencode({"q": f"a {secret} b"})
        case "path":
            url += "/" + quote(f"x{secret}", safe="")
        case "header":
            headers["x-note"] = base64.b64encode(secret.encode()).decode()
        case "basic":
            pair = base64.b64encode(f"me:{secret}".encode()).decode()
            headers["authorization"] = f"Basic {pair}"
        case "json":
            content = json.dumps({"a": [{"note": f"see {secret}!"}]}).encode()
        case "key":
            content = json.dumps({secret: 1}).encode()
        case "form":
            content = urlencode({"note": secret}).encode()
        case "text":
            content = f"{secret} and {base64.b64encode(f'abc{secret}'.encode()).decode()}".encode()
        case "xml":
            content = f"<a><note>{html.escape(secret)}</note></a>".encode()
        case "binary":
            content = b"\xff\xfe\x00" + secret.encode()
        case "cookie":
            headers["cookie"] = f"a=1; sid={quote(secret, safe='')}"
        case "answer":
            answer = httpx.Response(
                200,
                json={"text": secret},
                headers={"location": f"https://x.example/{quote(secret, safe='')}"},
            )
    kind = kinds["json"] if where == "key" else kinds.get(where)
    return await recorded(
        rules=rules,
        url=url,
        headers=headers | ({"content-type": kind} if kind else {}),
        content=content,
        answer=answer,
    )


PLACES: list[Where] = [
    "url", "path", "header", "basic", "json", "key", "form", "text", "xml", "binary", "cookie", "answer",
]  # fmt: skip

CANARIES = st.text(min_size=8, max_size=40).filter(lambda text: len(set(text)) > 4 and not text.isspace())


@pytest.mark.parametrize("where", PLACES)
@given(canary=CANARIES)
@example(canary=SECRET)
@example(canary='quote"back\\slash')
@example(canary="<&amp;>'\"")
async def test_secret_of_the_settings_is_nowhere_in_the_file(where: Where, canary: str) -> None:
    text = recording_text(await exchange_with(canary, where))
    anyway = recording_text(await exchange_with("0Zq9Xw8Vy7Ut6Sr5", where))  # what a file holds without it
    assert not {one for one in spellings(canary) if one in text and one not in anyway}


def test_secret_inside_of_base64_is_found_at_every_position() -> None:
    for shift in range(6):
        coded = base64.b64encode(b"y" * shift + SECRET.encode() + b"zz").decode()
        assert a_redactor(SECRET).text(f"<{coded}>") == "<redacted-token-1>"
        url_safe = base64.urlsafe_b64encode(b"y" * shift + SECRET.encode()).decode()
        assert a_redactor(SECRET).text(f"q={url_safe}").count("redacted-token-1") == 1


def test_short_secret_is_refused_because_nothing_could_be_recorded_safely() -> None:
    with pytest.raises(ShortSecret, match="fewer than 4 characters") as caught:
        a_redactor("abc")
    assert "abc" not in str(caught.value)


def test_secret_that_is_part_of_another_does_not_spoil_it() -> None:
    redactor = a_redactor("abcd", "abcd-efgh")
    assert redactor.text("abcd-efgh abcd") == "redacted-secret-2 redacted-secret-1"


# ---- credentials by their place


def test_authorization_keeps_its_scheme_and_its_relations() -> None:
    redactor = a_redactor("client-secret-1")
    pair = base64.b64encode(b"client-1:client-secret-1").decode()
    [(_, basic)] = redactor.headers([("Authorization", f"Basic {pair}")], of="request")
    assert base64.b64decode(basic.removeprefix("Basic ")) == b"redacted-token-1:redacted-secret-1"
    [(_, bearer)] = redactor.headers([("authorization", "Bearer tok-en-1")], of="request")
    assert bearer == "Bearer redacted-token-2"
    assert redactor.json({"access_token": "tok-en-1", "token_type": "bearer", "expires_in": 3600}) == {
        "access_token": "redacted-token-2",
        "token_type": "bearer",
        "expires_in": 3600,
    }
    assert redactor.headers([("Authorization", "raw")], of="request") == [
        ("authorization", "redacted-token-3")
    ]


def test_cookies_keep_their_names() -> None:
    redactor = a_redactor()
    headers = [("Set-Cookie", "JSESSIONID=abc123; Path=/; HttpOnly"), ("set-cookie", "b=abc123")]
    assert redactor.headers(headers, of="response") == [
        ("set-cookie", "JSESSIONID=redacted-token-1; Path=/; HttpOnly"),
        ("set-cookie", "b=redacted-token-1"),
    ]
    assert redactor.headers([("Cookie", "JSESSIONID=abc123; empty=")], of="request") == [
        ("cookie", "JSESSIONID=redacted-token-1; empty=")
    ]


def test_only_headers_that_matter_are_kept() -> None:
    redactor = a_redactor(keep_headers=frozenset({"X-Api-Key", "X-Version"}))
    sent = [
        ("Host", "a"),
        ("User-Agent", "b"),
        ("X-Api-Key", "k-1"),
        ("X-Version", "2"),
        ("Content-Type", "a/b"),
    ]
    assert redactor.headers(sent, of="request") == [
        ("x-api-key", "redacted-token-1"),
        ("x-version", "2"),
        ("content-type", "a/b"),
    ]


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "client_secret",
        "refreshToken",
        "apiKey",
        "x-api-key",
        "Authorization",
        "jwt",
        "sessionToken",
        "signature",
    ],
)
def test_names_of_secrets_are_known_in_json_and_forms(key: str) -> None:
    redactor = a_redactor()
    assert redactor.json({"deep": [{key: "value"}]}) == {"deep": [{key: "redacted-token-1"}]}
    assert redactor.body({"form": [(key, "value")]}) == {"form": [(key, "redacted-token-1")]}
    assert redactor.url(f"https://a.example/?{key}=value").endswith(f"?{key}=redacted-token-1")


@pytest.mark.parametrize(
    "key", ["client_key", "clientKey", "token_type", "tokenType", "expires_in", "ref", "id"]
)
def test_names_that_only_look_like_secrets_are_left_alone(key: str) -> None:
    assert a_redactor().json({key: "value"}) == {key: "value"}


def test_everything_below_a_secret_is_secret() -> None:
    assert a_redactor().json({"credentials": {"value": "abc", "list": ["abc", 17]}}) == {
        "credentials": {"value": "redacted-token-1", "list": ["redacted-token-1", "redacted-token-2"]}
    }


def test_user_and_password_of_an_address_are_gone() -> None:
    assert a_redactor().url("https://me:pass@acme.example/a?b=1#c") == "https://acme.example/a?b=1"


def test_links_in_text_lose_what_opens_them() -> None:
    redactor = a_redactor()
    link = "https://me:pass@files.acme.example/f/1?name=a.png&X-Amz-Signature=ab%2Fcd&sig=ef&page=2"
    assert redactor.json({"url": link, "text": f"see {link}."}) == {
        "url": "https://files.acme.example/f/1?name=a.png&X-Amz-Signature=redacted-token-1&sig=redacted-token-2&page=2",
        "text": "see https://files.acme.example/f/1?name=a.png&X-Amz-Signature=redacted-token-1"
        "&sig=redacted-token-2&page=2.",
    }
    assert redactor.text("signed with ab/cd") == "signed with redacted-token-1"


def test_signed_tokens_are_known_by_their_look() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"
    assert a_redactor().text(f"({token})") == "(redacted-token-1)"
    assert a_redactor().json({"id": token}) == {"id": "redacted-token-1"}


def test_secrets_in_xml_are_known_by_the_names_of_elements() -> None:
    redactor = a_redactor(name_keys=frozenset({"author"}), text_keys=frozenset({"body"}))
    text = "<c:chat><author>Ann &amp; Bob</author><body>call me</body><token>t</token><id>5</id></c:chat>"
    assert redactor.body({"text": text}) == {
        "text": "<c:chat><author>Person 1</author><body>Text 1</body>"
        "<token>redacted-token-1</token><id>5</id></c:chat>"
    }


def test_json_that_is_sent_as_text_is_json_all_the_same() -> None:
    assert a_redactor().body({"text": '{"password": "p", "n": 1}'}) == {
        "text": '{"password": "redacted-token-1", "n": 1}'
    }


# ---- people


def test_people_are_replaced_and_stay_who_they_are() -> None:
    redactor = a_redactor(text_keys=frozenset({"text"}))
    first = redactor.json(
        {
            "visitor": {"name": "Maria Pappa", "email": "maria@corp.example"},
            "text": "my number is +30 210 123 4567",
        }
    )
    assert first == {"visitor": {"name": "Person 1", "email": "person-1@example.com"}, "text": "Text 1"}
    again = redactor.text("Maria Pappa <maria@corp.example> wrote; Mariana did not. Call +302101234567")
    assert again == "Person 1 <person-1@example.com> wrote; Mariana did not. Call +15550100001"


@pytest.mark.parametrize(
    "text",
    ["+30 210 123 4567", "+1-202-555-0123", "0030 2101234567", "(202) 555-0123", "+44 (0)20 7946 0958"],
)
def test_phone_numbers_are_found_in_text(text: str) -> None:
    assert a_redactor().text(f"call {text} now") == "call +15550100001 now"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-26T09:30:00.000Z",
        "2026-11-26T09:30:00+0000",
        "order 1234567890123",
        "0b7c1f00-1234-5678-9012-003012345678",
        "v1.20.300-4000",
        "3.1415926535",
    ],
)
def test_times_and_ids_are_no_phone_numbers(text: str) -> None:
    assert a_redactor().text(text) == text


def test_numbers_below_the_name_of_a_phone_are_replaced_whatever_their_form() -> None:
    assert a_redactor().json({"mobilePhone": 2101234567, "phone_type": "work"}) == {
        "mobilePhone": "+15550100001",
        "phone_type": "work",
    }


def test_what_the_recorder_itself_said_stays() -> None:
    redactor = a_redactor(text_keys=frozenset({"text"}), harmless=frozenset({"Hello, this is a test."}))
    assert redactor.json({"text": "Hello, this is a test."}) == {"text": "Hello, this is a test."}
    assert redactor.json({"text": "Hello, this is Ann."}) == {"text": "Text 1"}


def test_hosts_that_tell_whose_account_it_is_are_replaced_everywhere() -> None:
    redactor = a_redactor(hosts={"acme-corp.vendor.example": "parley.example"})
    assert redactor.url("https://ACME-corp.vendor.example/a") == "https://parley.example/a"
    assert redactor.json({"url": "https://acme-corp.vendor.example/f/1"}) == {
        "url": "https://parley.example/f/1"
    }


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8))
def test_equal_values_stay_equal_and_different_ones_different(values: list[str]) -> None:
    redactor = a_redactor()
    told = [redactor.json({"token": one, "in": [{"refreshToken": one}]}) for one in values]
    placeholders = [one["token"] for one in told]
    assert [one["in"][0]["refreshToken"] for one in told] == placeholders
    assert len(set(placeholders)) == len(set(values))


def test_what_is_replaced_already_stays_as_it_is() -> None:
    rules: dict[str, Any] = {"text_keys": frozenset({"text"})}
    document = {
        "name": "Maria",
        "email": "m@a.example",
        "phone": "+302101234567",
        "token": "t-1",
        "text": "x",
    }
    once = a_redactor(**rules).json(document)
    assert a_redactor(**rules).json(once) == once


def test_nothing_shows_what_is_known() -> None:
    redactor = a_redactor(SECRET, hosts={"acme-corp.example": "a.example"})
    for shown in (repr(redactor), repr(redactor.rules)):
        assert SECRET not in shown
        assert "acme-corp" not in shown
