"""The small parts that simulators of other vendors build on."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk_simulators.bodies import form_fields, multipart_parts
from livechat_sdk_simulators.calls import strict_json
from livechat_sdk_simulators.clock import RealClock, VirtualClock, advance, is_virtual, rfc3339
from livechat_sdk_simulators.discovery import find, installed
from livechat_sdk_simulators.ids import new_id
from livechat_sdk_simulators.limits import CallLimit
from livechat_sdk_simulators.masking import MASK, Mask
from livechat_sdk_simulators.parley import ParleySimulator
from livechat_sdk_simulators.parley.simulator import ParleySettings
from livechat_sdk_simulators.signing import hmac_base64, hmac_hex, read_jwt
from livechat_sdk_simulators.tokens import TokenStore, basic_credentials, bearer_token
from livechat_sdk_testing.clock import VirtualClock as AwaitedClock

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


async def test_virtual_clocks_of_both_kinds_are_moved_and_a_real_one_is_not() -> None:
    for clock in (VirtualClock(NOW), AwaitedClock(NOW)):
        assert is_virtual(clock)
        await advance(clock, 90)
        assert clock.now() == NOW + timedelta(seconds=90)
    assert not is_virtual(RealClock())
    with pytest.raises(ValueError, match="real clock"):
        await advance(RealClock(), 1)
    with pytest.raises(ValueError, match="forward only"):
        VirtualClock().advance(-1)


def test_time_is_written_in_utc_with_milliseconds() -> None:
    athens = datetime.fromisoformat("2026-11-24T11:00:00.123456+02:00")
    assert rfc3339(athens) == "2026-11-24T09:00:00.123Z"


@pytest.mark.parametrize("text", [r'"\ud83d"', r'{"\ude00": 1}', "NaN", '{"a": 1, "a": 2}', "[" * 100_000])
def test_json_is_read_by_the_letter(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        strict_json(text.encode())
    assert strict_json(rb'["\ud83d\ude00", "\\ud83d"]') == ["\N{GRINNING FACE}", r"\ud83d"]


def test_limit_counts_each_key_for_itself_in_a_sliding_window() -> None:
    limit = CallLimit(2, 10)
    assert [limit.wait("a", NOW), limit.wait("a", NOW + timedelta(seconds=4))] == [None, None]
    assert limit.wait("a", NOW + timedelta(seconds=5)) == 5
    assert limit.wait("b", NOW + timedelta(seconds=5)) is None
    assert limit.wait("a", NOW + timedelta(seconds=10)) is None
    assert limit.wait("a", NOW + timedelta(seconds=11)) == 3


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            '{"client_secret": "x\\"y", "client_key": "k"}',
            f'{{"client_secret": "{MASK}", "client_key": "k"}}',
        ),
        (
            '{"access_token":"abc","token_type":"bearer"}',
            f'{{"access_token":"{MASK}","token_type":"bearer"}}',
        ),
        ("grant_type=x&client_secret=abc&scope=y", f"grant_type=x&client_secret={MASK}&scope=y"),
        ("password=abc", f"password={MASK}"),
        ("the word known-value stands here", f"the word {MASK} stands here"),
    ],
)
def test_secrets_are_masked_by_value_and_by_name(text: str, shown: str) -> None:
    assert Mask(["known-value", "abc"]).text(text) == shown


def test_headers_with_credentials_are_masked_and_others_stay() -> None:
    headers = {"Authorization": "Basic x", "Cookie": "a=b", "Accept": "known-value"}
    assert Mask(["known-value"]).headers(headers) == {"Authorization": MASK, "Cookie": MASK, "Accept": MASK}


def test_mask_forgets_old_tokens_but_not_the_secrets_of_the_settings() -> None:
    mask = Mask(["the-setting"])
    for number in range(5000):
        mask.learn(f"token-{number:05}")
    assert mask.text("the-setting token-04999") == f"{MASK} {MASK}"


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("Basic " + base64.b64encode(b"user:pass:word").decode(), ("user", "pass:word")),
        ("basic " + base64.b64encode("ά:β".encode()).decode(), ("ά", "β")),
        ("Basic " + base64.b64encode(b"user:").decode(), None),
        ("Basic " + base64.b64encode(b"\xff:x").decode(), None),
        ("Basic ???", None),
        ("Bearer x", None),
        ("", None),
    ],
)
def test_basic_credentials_are_read_or_not(header: str, read: tuple[str, str] | None) -> None:
    assert basic_credentials(header) == read


def test_bearer_token_is_read_or_not() -> None:
    assert [bearer_token(header) for header in ("Bearer a", "bearer a", "Bearer ", "Basic a", "")] == [
        "a",
        "a",
        None,
        None,
        None,
    ]


def test_tokens_that_were_given_out_are_remembered_when_they_are_too_old() -> None:
    tokens = TokenStore(RealClock(), Mask())
    given = [tokens.issue("client").value for _ in range(2)]
    tokens.expire_all()
    assert tokens.check(given[1]) is None
    assert list(tokens.issued) == given


def test_parts_are_signed_in_hex_and_in_base64() -> None:
    digest = hmac.new(b"key", b"1.body", hashlib.sha256)
    assert hmac_hex("key", "1", ".", b"body") == digest.hexdigest()
    assert hmac_base64("key", "1", b".body") == base64.b64encode(digest.digest()).decode()


def _jwt(header: object, claims: object, secret: str) -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)
    ]
    digest = hmac.new(secret.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()])


def test_json_web_token_is_read_when_everything_about_it_is_right() -> None:
    header = {"alg": "HS256", "kid": "app_1"}
    secrets = {"app_1": "s"}.get
    assert read_jwt(_jwt(header, {"scope": "app"}, "s"), secrets) == {"scope": "app"}
    assert read_jwt(_jwt(header, {"scope": "app"}, "other"), secrets) is None
    assert read_jwt(_jwt({"alg": "none", "kid": "app_1"}, {}, "s"), secrets) is None
    assert read_jwt(_jwt({"alg": "HS256", "kid": "app_2"}, {}, ""), secrets) is None
    assert read_jwt(_jwt(header, ["no", "object"], "s"), secrets) is None


@given(st.text())
def test_no_text_is_mistaken_for_a_token(text: str) -> None:
    assert read_jwt(text, lambda _: "s") is None


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=20))
def test_form_is_read_as_it_was_written(fields: dict[str, str]) -> None:
    from urllib.parse import urlencode

    assert form_fields(urlencode(fields).encode()) == fields


@pytest.mark.parametrize("body", [b"a=1&a=2", b"a", b"\xff", b"a=%ff"])
def test_other_bodies_are_no_forms(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        form_fields(body)


@given(st.binary(max_size=2000))
def test_upload_is_read_byte_by_byte(content: bytes) -> None:
    import httpx

    request = httpx.Request(
        "POST", "http://x", data={"access": "public"}, files={"source": ('a"b.bin', content, "image/png")}
    )
    field, file = multipart_parts(request.read(), request.headers["content-type"])
    assert (field.name, field.filename, field.content) == ("access", "", b"public")
    assert (file.name, file.media_type, file.content) == ("source", "image/png", content)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n1\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data; boundary=x"),
        (b"--x--", "multipart/form-data"),
        (b"a=1", "application/x-www-form-urlencoded"),
    ],
)
def test_incomplete_uploads_are_refused(body: bytes, kind: str) -> None:
    with pytest.raises(ValueError, match=r"multipart"):
        multipart_parts(body, kind)


def test_ids_are_never_the_same() -> None:
    ids = {new_id("x", 15) for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(one) for one in ids} == {17}


def test_parley_is_found_by_its_entry_point() -> None:
    assert "parley" in installed()
    vendor = find("parley")
    assert (vendor.name, vendor.title) == ("parley", "Parley, the example vendor")
    simulator = vendor.make({"base_url": "http://127.0.0.1:1"}, VirtualClock())
    assert isinstance(simulator, ParleySimulator)
    assert simulator.integration()["baseUrl"] == "http://127.0.0.1:1"
    with pytest.raises(LookupError, match=r"no simulator of 'acme' is installed; there are: .*parley"):
        find("acme")


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValueError, match=r"no setting 'colour' here; there are: agents, base_url"):
        ParleySettings.read({"colour": "red"})
