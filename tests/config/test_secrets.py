"""No secret shows in anything that is said about settings, whatever mistake is made around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from livechat_sdk.config import Loaded, load_file, load_mapping, load_text
from livechat_sdk.config.codes import CODES
from livechat_sdk.config.documents import without_secrets
from livechat_sdk.config.masking import Masks
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.config.render import render
from livechat_sdk.config.sensitive import find_sensitive
from livechat_sdk.config.tree import Lines, Span, from_plain
from livechat_sdk.errors import ConfigurationError
from tests.config.vendors import TYPES

VENDOR = next(one for one in TYPES if one.type == "ZENDESK_LIVECHAT")

CANARIES = [f"{one}7q{one}Zx9k{one}Wv3m{one}Tb5n{one}Rd8p{one}Sf2h{one}Ug6j{one}" for one in "ACEGHJL"]
FILE = """\
# the first key was {0}
version: 1
store_key: {1}
gateway: {{host: 127.0.0.1, port: 8080, tokens: [{2}, "{3}"]}}
integrations:
  acme:
    type: ZENDESK_LIVECHAT
    baseUrl: https://robot:{4}@acme.zendesk.com
    appId: app
    keyId: key
    secret: '{5}'
    webhookKey: ["{2}", {1}]
  desk: {{type: HELVIA_LIVECHAT, accounts: [{{email: ann, password: {3}}}, {{email: ben, password: "{5}"}}]}}
  tickets:
    type: ZENDESK_TICKETING
    baseUrl: https://acme.zendesk.com
    userName: bot
    token: {1}
  key-in-lines:
    type: MICROSOFT_DYNAMICS_CRM
    baseUrl: https://acme.crm4.dynamics.com
    clientSecret: |
      {4}
      {5}
bots:
  shop-bot:
    livechat:
      integrations: [acme, desk]
    crm: [key-in-lines]
    ticketing: tickets
""".format(*CANARIES)


def said(loaded: Loaded) -> Iterator[str]:
    """Everything that people and programs get to see."""
    yield render(loaded.problems)
    yield render(loaded.problems, color=True)
    yield render(loaded.problems, "json")
    yield render(loaded.problems, "github")
    yield repr(loaded)
    yield repr(loaded.problems)
    yield str(ConfigurationError(loaded.problems))
    if loaded.settings is not None:
        yield str(loaded.settings)
        yield loaded.settings.model_dump_json()


def assert_silent(loaded: Loaded, secrets: list[str] = CANARIES, piece: int = 6) -> None:
    """No piece of a secret shows; a piece and not the whole, because a mistake may have split it."""
    pieces = {one[at : at + piece] for one in secrets for at in range(len(one) - piece + 1)}
    for text in said(loaded):
        for found in pieces:
            assert found not in text, text


def test_file_itself_is_fine_and_silent() -> None:
    loaded = load_text(FILE, types=TYPES, env={})
    assert loaded.settings is not None, render(loaded.problems)
    assert_silent(loaded)


# Each mistake is made once at every place where it can be made.
MISTAKES: Mapping[str, tuple[str, str]] = {
    "letter lost in a key": (r"(?m)^( *[a-z]+)[a-zA-Z_](?=[a-zA-Z_]*:)", r"\1"),
    "no space after the colon": (r": (?=\S)", ":"),
    "no colon": (r": (?=\S)", " "),
    "colon lost, nothing left": (r": (?=\S)", ""),
    "equals sign": (r": (?=\S)", " = "),
    "two colons": (r": (?=\S)", ": : "),
    "quote lost": (r"['\"]", ""),
    "quote too many": (r"(?<=: )(?=\w)", '"'),
    "bracket lost": (r"[\[\]{}]", ""),
    "value in braces": (r"(?m)(?<=: )['\"]?([\w]{12,})['\"]?", r"{\1}"),
    "value in braces as in a template": (r"(?m)(?<=: )['\"]?([\w]{12,})['\"]?", r"{{\1}}"),
    "value in brackets twice": (r"(?m)(?<=: )['\"]?([\w]{12,})['\"]?", r"[[\1]]"),
    "value as a mapping": (r"(?m)(?<=: )['\"]?([\w]{12,})['\"]?", r"{value: \1}"),
    "value as an alias": (r"(?<=: )(?=['\"]?\w{12})", "*"),
    "value as an anchor": (r"(?<=: )(?=['\"]?\w{12})", "&"),
    "value as a tag": (r"(?<=: )(?=['\"]?\w{12})", "!"),
    "value as a long tag": (r"(?<=: )(?=['\"]?\w{12})", "!!python/object:"),
    "value as a directive": (r"(?<=: )(?=['\"]?\w{12})", "%"),
    "value as a comment": (r"(?<=: )(?=['\"]?\w{12})", "#"),
    "value as a block": (r"(?<=: )(?=['\"]?\w{12})", "|"),
    "value behind an at sign": (r"(?<=: )(?=['\"]?\w{12})", "@"),
    "value behind an escape": (r"(?<=: )['\"]?(\w{12,})['\"]?", r'"\\q\1"'),
    "value with a colon": (r"(?<=: )['\"]?(\w{6})(\w{6,})['\"]?", r"\1: \2"),
    "value in the next line": (r": (?=\S)", ":\n"),
    "indentation lost": (r"(?m)^  ", ""),
    "indentation lost altogether": (r"(?m)^ +", ""),
    "indentation added": (r"(?m)^(?=\s*\w)", " "),
    "indentation by tab": (r"(?m)^  (?= *\w)", "\t"),
    "line twice": (r"(?m)^(.+\n)", r"\1\1"),
    "line lost": (r"(?m)^.+\n", ""),
    "line end lost": (r"\n(?=.)", ""),
    "line as a list entry": (r"(?m)^( +)(?=\w)", r"\1- "),
    "line commented out": (r"(?m)^(?=.)", "# "),
    "document ends here": (r"(?m)^(?=.)", "---\n"),
    "control character": (r"(?<=: )(?=\S)", "\x07"),
    "invisible character": (r"(?<=: )(?=\S)", "\u200b"),
    "unclosed reference": (r"(?m)(?<=: )['\"]?(?=\w{12,}['\"]?$)", "${"),
    "reference with a default": (r"(?<=: )['\"]?(\w{12,})['\"]?", r"${NAME:-\1}"),
    "reference around the value": (r"(?<=: )['\"]?(\w{12,})['\"]?", r"${\1 }"),
    "another type": (r"(?m)type: \w+", "type: NOT_KNOWN"),
    "no type": (r"(?m)type: \w+,?", "note: x,"),
    "type of a package that is not installed": (r"type: \w+", "type: GENESYS_LIVECHAT"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_shows_no_secret(name: str) -> None:
    pattern, instead = MISTAKES[name]
    places = [*re.finditer(pattern, FILE)]
    assert places, "this mistake cannot be made"
    for found in places:
        broken = FILE[: found.start()] + found.expand(instead) + FILE[found.end() :]
        assert_silent(load_text(broken, types=TYPES, env={}))


@settings(max_examples=200)
@given(st.data())
def test_several_mistakes_at_once_show_no_secret(data: st.DataObject) -> None:
    broken = FILE
    for _ in range(data.draw(st.integers(2, 4))):
        pattern, instead = MISTAKES[data.draw(st.sampled_from(sorted(MISTAKES)))]
        places = [*re.finditer(pattern, broken)]
        if places:
            found = data.draw(st.sampled_from(places))
            broken = broken[: found.start()] + found.expand(instead) + broken[found.end() :]
    # In a text that is understood, a value that became a key (`{value}`, `value:`) is no longer recognisable
    # as one in every place; nor is the first half of one that was cut in two, where it begins a line.
    keys = [rf"{one[-6:]}['\"]?\s*:(\s|$)|^\s*['\"]?{one[:6]}\s*:(\s|$)" for one in CANARIES]
    loaded = load_text(broken, types=TYPES, env={})
    if not (loaded.view.understood and any(re.search(key, broken, re.MULTILINE) for key in keys)):
        assert_silent(loaded)


def test_secret_with_the_next_key_glued_to_it_is_no_key() -> None:
    secret = CANARIES[5]
    broken = FILE.replace(f"      {secret}\nbots:", f"      {secret}bots:").replace("Secret: |", "Secret|")
    loaded = load_text(broken, types=TYPES, env={})
    assert [(one.code, one.source) for one in loaded.errors] == [("LC105", "      ***:")]
    assert_silent(loaded)


@pytest.mark.parametrize(
    "line",
    [
        f"    {CANARIES[0]}:",
        f"    {CANARIES[0]}: x",
        f"    - {CANARIES[0]}: x",
        f'    "{CANARIES[0]}": x',
        f"    {{{CANARIES[0]}: x}}",
        f"    secret{CANARIES[0]}: x",
        f"    secret.{CANARIES[0]}: x",
        f"    {CANARIES[0]}",
        f"    secret: {CANARIES[0]}: x",
        f"    secret: ${{{CANARIES[0]}}}",
        f"    secret: &{CANARIES[0]} x",
        f"    secret: '{CANARIES[0]}",
        f"    # secret: {CANARIES[0]}",
    ],
)
@pytest.mark.parametrize("broken", ["  a: b: c\n{0}", "{0}\n  a: b: c", "{0}: [", "<<<<<<< ours\n{0}"])
def test_line_that_nobody_understood_shows_no_secret_whatever_it_looks_like(line: str, broken: str) -> None:
    text = f"version: 1\nintegrations:\n  acme:\n{broken.format(line)}\n"
    loaded = load_text(text, types=TYPES, env={})
    if not loaded.view.understood:
        assert_silent(loaded)
    lines, masks = Lines(text), Masks.of_text(text, {one.type: one for one in TYPES})
    for number in range(1, text.count("\n") + 1):
        start = lines.bounds(number).start
        shown = masks.quote(lines, number, Span(start, start + 1))[0]
        assert not any(CANARIES[0][at : at + 6] in shown for at in range(len(CANARIES[0]) - 5)), shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("  secret: 'abc, def' # ghi", "  secret: '***, ***' # ***"),
        ("    webhookKey: [new, old", "    webhookKey: [***, ***"),
        ("    webhook_key: x", "    webhook_key: ***"),
        ("  - {timezone: Europe/Athens, weekly: {}}", "  - {timezone: ***, weekly: {}}"),
        ('{"version":1,"bots":{"shop":{}}}', '{"version":***,"bots":{"***":{}}}'),
        ("  secret: ${ZENDESK_SECRET}", "  secret: ${ZENDESK_SECRET}"),
        ("  secret: a,b:c#d'e\"f{g}h[i]j-k?l!m", "  secret: ***"),
        ("  secret: ?!-*", "  secret: ?***"),
        ("---", "---"),
        ("---x", "-***"),
        ("  secert: abc", "  ***: ***"),
        ("  timezonesecret: abc", "  ***: ***"),
        ("  baseUrl : abc", "  baseUrl : ***"),
    ],
)
def test_line_of_a_text_nobody_understood_shows_its_skeleton(line: str, shown: str) -> None:
    text = f"type: MICROSOFT\n  type: DESK\n{line}"
    masks = Masks.of_text(f"{text}\nZENDESK_TICKETING", {"DESK": VENDOR})
    assert masks.quote(Lines(text), 3, Span(len(text), len(text)))[0] == shown


def test_key_of_a_type_that_the_text_does_not_have_is_hidden() -> None:
    assert "webhookKey" in Masks.of_text("type: DESK", {"DESK": VENDOR}).names
    assert "webhookKey" not in Masks.of_text("type: DESC", {"DESK": VENDOR}).names


def test_place_in_a_text_nobody_understood_is_pointed_at() -> None:
    text = "  secret: 'abc, def' # ghi"
    assert Masks.of_text(text).quote(Lines(text), 1, Span(10, 11)) == ("  secret: '***, ***' # ***", 11, 1)


@pytest.mark.parametrize(
    "part", [f"integrations: {{acme: {{secret: {CANARIES[0]}, x: [", f"{CANARIES[0]} x\n"]
)
def test_included_file_that_nobody_understood_shows_no_secret(part: str, tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text(part, "utf-8")
    file = tmp_path / "livechat.yaml"
    file.write_text("version: 1\ninclude: [part.yaml]\nintegrations: {d: {type: HELVIA_LIVECHAT}}\n", "utf-8")
    loaded = load_file(file, types=TYPES, env={})
    assert [one.file for one in loaded.errors] == [str(tmp_path / "part.yaml")]
    assert "***" in (loaded.errors[0].source or "")
    assert_silent(loaded)
    assert CANARIES[0][:6] not in loaded.view.line(str(tmp_path / "part.yaml"), 1)


GLUED = CANARIES[3][:6]
"""The head of a secret; the rest of it became the value behind a second colon."""


@pytest.mark.parametrize(
    ("right", "wrong", "shown"),
    [
        (f"password: {CANARIES[3]}", f"password{GLUED}: {CANARIES[3][6:]}", "unknown setting 'password***'"),
        (f"password: {CANARIES[3]}", f'"password{GLUED}": x', "unknown setting 'password***'"),
        ("    secret: '", f"    secret{GLUED}: '", "unknown setting 'secret***'"),
        ("    clientSecret: |", f"    clientSecret_{GLUED}: |", "unknown setting 'clientSecret***'"),
        ("store_key: ", f"store_key{GLUED}: ", "unknown key 'store_key***'"),
        ("tokens: [", f"tokens-{GLUED}: [", "unknown key 'tokens***'"),
    ],
)
def test_secret_glued_to_the_name_of_its_setting_is_masked(right: str, wrong: str, shown: str) -> None:
    assert right in FILE
    loaded = load_text(FILE.replace(right, wrong, 1), types=TYPES, env={})
    assert shown in [one.message for one in loaded.errors]
    assert_silent(loaded)


@pytest.mark.parametrize(
    "key", ["webhookKeys", "webhookKeey", "webhookKey2", "secretFile", "secretText", "tokenUrl", "secert"]
)
def test_slip_in_the_name_of_a_secret_is_shown_as_it_is(key: str) -> None:
    loaded = load_text(FILE.replace("    secret: ", f"    {key}: ", 1), types=TYPES, env={})
    assert f"unknown setting {key!r}" in [one.message for one in loaded.errors]
    assert_silent(loaded)


JSON_FILE = """\
{"version": 1, "store_key": "%s", "gateway": {"tokens": ["%s"]},
 "integrations": {"acme": {"type": "ZENDESK_LIVECHAT", "secret": "%s", "webhookKey": "%s", "token": "%s",
  "baseUrl": "https://u:%s@a", "appId": 5, "secret": "%s"}}}
""" % tuple(CANARIES)  # noqa: UP031 - braces everywhere


@given(st.integers(0, len(JSON_FILE) - 1), st.sampled_from(["", '"', "}", "]", ",", ":", "\\", "\n", "\x00"]))
def test_json_with_a_mistake_shows_no_secret(at: int, instead: str) -> None:
    # An address that is broken into two lines is no longer recognisable as one.
    assume(instead != "\n" or not JSON_FILE.index("https:") <= at <= JSON_FILE.index("@a"))
    broken = JSON_FILE[:at] + instead + JSON_FILE[at + 1 :]
    assert_silent(load_text(broken, types=TYPES, env={}), piece=8)


def test_mapping_in_the_place_of_a_key_shows_no_secret() -> None:
    key = f"{{type: HELVIA_LIVECHAT, secret: {CANARIES[0]}}}"
    text = f"version: 1\nintegrations:\n  ? {key}\n  : {{type: HELVIA_LIVECHAT}}\n"
    loaded = load_text(text, types=TYPES, env={})
    assert "LC113" in [one.code for one in loaded.problems]
    assert_silent(loaded)


def test_dictionary_shows_no_secret() -> None:
    content = {
        "store_key": [CANARIES[0], 5],
        "gateway": {"tokens": CANARIES[1], "port": CANARIES[2]},
        "integrations": {
            "acme": {"type": "ZENDESK_LIVECHAT", "secret": {"value": CANARIES[3]}, "token": CANARIES[4]},
            "desk": CANARIES[5],
        },
        "bots": CANARIES[6],
    }
    loaded = load_mapping(content, types=TYPES, env={})
    assert loaded.errors
    assert_silent(loaded)


# ------------------------------------------------------------------------------------------- the environment
def test_values_from_the_environment_are_shown_as_their_references() -> None:
    text = """\
version: 1
workspace: ${SPACE}
integrations:
  desk: {type: HELVIA_LIVECHAT}
  acme: {type: ZENDESK_LIVECHAT, baseUrl: "${URL}", appId: a, keyId: k, secret: "${S}", webhookKey: "${S}"}
bots:
  shop-bot:
    livechat:
      integrations: [desk, "${NAME}"]
      business_hours: {timezone: "${ZONE}", weekly: {mon: ["${SPAN}"]}}
"""
    env = {
        "SPACE": "acme",
        "URL": "http://inside.example.net/x",
        "S": CANARIES[0],
        "NAME": "zendesk-of-acme",
        "ZONE": "Europe/Athns",
        "SPAN": "09:00-25:00",
    }
    loaded = load_text(text, types=TYPES, env=env)
    assert [one.code for one in loaded.problems] == ["LC601", "LC406", "LC301", "LC221", "LC223"]
    assert_silent(loaded)
    shown = render(loaded.problems)
    for value in (env["URL"], env["NAME"], env["ZONE"], env["SPAN"]):
        assert value not in shown
    assert "unknown integration '${NAME}'" in shown
    assert "unknown time zone '${ZONE}'" in shown


def test_values_from_the_environment_do_not_garble_other_words() -> None:
    text = "version: 1\nworkspace: ${SPACE}\nbots: {helpdesk: {livechat: {integrations: [desks]}}}\n"
    loaded = load_text(
        text + "integrations: {desk: {type: HELVIA_LIVECHAT}}\n", types=TYPES, env={"SPACE": "desk"}
    )
    assert [one.message for one in loaded.errors] == ["unknown integration 'desks'"]


def test_part_of_a_value_from_the_environment_is_masked_with_its_surroundings() -> None:
    text = "version: 1\nstore_key: prefix-${S}\nintegrations: {a: {type: X, secret: 'ab${S}'}}\n"
    loaded = load_text(text, types=TYPES, env={"S": CANARIES[0]})
    assert_silent(loaded, [*CANARIES, "prefix-x"])


# ------------------------------------------------------------------------------------------------------ masks
def masks_for(content: object) -> Masks:
    return Masks.of(find_sensitive(from_plain(content), LivechatFile, {}))


def test_short_values_do_not_garble_messages() -> None:
    assert masks_for({"store_key": "not"}).clean("this is not text") == "this is not text"


def test_secret_is_masked_as_it_is_stripped_and_escaped() -> None:
    masks = masks_for({"store_key": [" a\nbcd ", "other"]})
    assert masks.clean("x' a\nbcd 'y") == "x'***'y"
    assert masks.clean("xa\nbcdy") == "x***y"
    assert masks.clean(r"x' a\nbcd 'y") == "x'***'y"


def test_overlapping_secrets_become_one_mask() -> None:
    assert masks_for({"store_key": ["abcdef", "defghi"]}).clean("1abcdefghi2") == "1***2"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at https://user:pass@host/x", "at https://***@host/x"),
        ("ftp://a:b@c and postgresql://d@e/f", "ftp://***@c and postgresql://***@e/f"),
        ("https//user:pass@host", "https//***@host"),
        ("https://user:passhost/x", "https://user:***/x"),
        ("https://user:12pass", "https://user:***"),
        ("https://host:8080/x@y", "https://host:8080/***@y"),
        ("https://host:8080", "https://host:8080"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("sqlite:////var/lib/a.db", "sqlite:////var/lib/a.db"),
        ("ann@example.com", "ann@example.com"),
    ],
)
def test_user_and_password_in_an_address_are_masked(text: str, shown: str) -> None:
    assert Masks().clean(text) == shown
    assert without_secrets({"url": text}) == {"url": shown}


def test_control_characters_cannot_play_with_the_terminal() -> None:
    assert Masks().clean("a\x1b[31mb\x07\u202ec\td\ne") == "a\ufffd[31mb\ufffd\ufffdc d e"


def test_long_line_is_cut_around_the_place() -> None:
    text = "a" * 500 + "HERE" + "b" * 500
    shown, caret, length = Masks(known=True).quote(Lines(text), 1, Span(500, 504))
    assert len(shown) == 162
    assert shown.startswith("…a")
    assert shown.endswith("b…")
    assert shown[caret - 1 : caret - 1 + length] == "HERE"


@given(
    st.text(alphabet="abc{ }#:'", max_size=300),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 30)), max_size=5),
    st.integers(0, 300),
    st.integers(0, 20),
)
def test_caret_stays_inside_of_what_is_shown(
    text: str, hidden: list[tuple[int, int]], at: int, length: int
) -> None:
    start = min(at, len(text))
    for known in (True, False):
        masks = Masks(known=known, hidden=[Span(low, low + size) for low, size in hidden])
        shown, caret, pointed = masks.quote(Lines(text), 1, Span(start, min(start + length, len(text))))
        assert 1 <= caret <= len(shown) + 1
        assert pointed >= 1
        covered = known and any(low <= start < low + size for low, size in hidden)
        if known and not covered and start < len(text) and " …" not in shown and "…" not in shown:
            assert shown[caret - 1] == text[start] or shown[caret - 1 : caret + 2] == "***"


def test_codes_do_not_quote_examples_of_secrets() -> None:
    for code in CODES.values():
        assert not re.search(r"[0-9a-f]{16,}", f"{code.explanation} {code.fix}")
