"""pydantic's errors in our words: the code, the place, the suggestion."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel, SecretStr, ValidationError, model_validator

from livechat_sdk.config import load_text
from livechat_sdk.config.annotations import inner, is_secret, items, keys_of, kinds_of, takes_values
from livechat_sdk.config.diagnostics import Draft
from livechat_sdk.config.forms import wanted_form
from livechat_sdk.config.translate import drafts_from
from livechat_sdk.config.tree import ScalarNode, from_plain
from livechat_sdk.errors import Problem
from livechat_sdk.provider import IntegrationSettings, Secret
from tests.config.vendors import ENV, TYPES, ZendeskSettings

HEAD = """\
version: 1
integrations:
  desk: {type: HELVIA_LIVECHAT}
bots:
  shop-bot:
    livechat:
      integrations: [desk]
"""


def problems_of(text: str) -> Sequence[Problem]:
    return load_text(text, types=TYPES, env=ENV).problems


def only(text: str) -> Problem:
    (problem,) = problems_of(text)
    return problem


# ------------------------------------------------------------------------------------------------------- keys
@pytest.mark.parametrize(
    ("written", "suggestion"),
    [
        ("      requestTimeout: 2m", "did you mean 'request_timeout'?"),
        ("      request-timeout: 2m", "did you mean 'request_timeout'?"),
        ("      REQUEST_TIMEOUT: 2m", "did you mean 'request_timeout'?"),
        ("      remind_after: 2m", "it belongs under `bots: NAME: livechat: inactivity:`"),
        ("      ticketing: desk", "it belongs under `bots: NAME:`"),
        ("      public_url: https://a.example.com", "it belongs under `gateway:`"),
        ("      workspace: acme", "it belongs to the top level of the file"),
        (
            "      integration: [desk]",
            "the key that this looks like stands here already; remove one of the two",
        ),
        ("      zzz: 1", "known here: enabled, request_timeout, inactivity, agent_silence, "),
    ],
)
def test_unknown_key_gets_a_suggestion(written: str, suggestion: str) -> None:
    problem = only(f"{HEAD}{written}\n")
    assert problem.code == "LC203"
    assert problem.suggestion is not None
    assert problem.suggestion.startswith(suggestion)


def test_the_nearest_key_counts_also_where_it_is_taken() -> None:
    problem = only(f"{HEAD}integration: {{}}\n")  # `retention` is free, and nobody meant it
    assert problem.suggestion == "the key that this looks like stands here already; remove one of the two"


def test_a_slip_in_the_version_is_one_problem() -> None:
    problem = only(HEAD.replace("version", "verison"))
    assert (problem.code, problem.suggestion) == ("LC203", "did you mean 'version'?")


def test_unknown_setting_is_suggested_in_the_spelling_of_the_document() -> None:
    def suggestion(base: str, wrong: str) -> str | None:
        text = HEAD.replace(
            "{type: HELVIA_LIVECHAT}", f"{{type: ZENDESK_LIVECHAT, {base}: https://a, {wrong}: x}}"
        )
        return next(one.suggestion for one in problems_of(text) if one.code == "LC405")

    assert suggestion("baseUrl", "queueId") == "did you mean 'queueIds'?"
    assert suggestion("base_url", "queue_id") == "did you mean 'queue_ids'?"


def test_own_settings_of_a_type_are_listed_before_those_of_every_type() -> None:
    problem = only(HEAD.replace("{type: HELVIA_LIVECHAT}", "{type: HELVIA_LIVECHAT, zzz: x}"))
    assert problem.suggestion is not None
    assert problem.suggestion.startswith("known here: accounts, name, enabled,")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("language:el", "unknown key that starts with 'language'"),
        ("language el", "unknown key that starts with 'language'"),
        ("language", "unknown key"),
        ('"a:b c"', "unknown key that starts with 'a'"),
        ("8ball", "unknown key"),
    ],
)
def test_key_that_may_hold_a_value_is_not_repeated(written: str, message: str) -> None:
    text = HEAD.replace(
        "    livechat:\n      integrations: [desk]\n", f"    livechat: {{integrations: [desk], {written}}}\n"
    )
    if written == "language":
        # Nothing stands behind the key: the value is missing, and the key is known.
        assert only(text).code == "LC205"
        return
    problem = only(text)
    assert (problem.code, problem.message) == ("LC203", message)
    assert problem.source is not None
    assert "***" in problem.source


def test_missing_key_points_at_its_parent_and_names_secrets() -> None:
    text = HEAD.replace("{type: HELVIA_LIVECHAT}", "{type: ZENDESK_LIVECHAT}")
    missing = {one.path: one for one in problems_of(text)}
    assert {one.code for one in missing.values()} == {"LC404"}
    assert {(one.line, one.column) for one in missing.values()} == {(3, 3)}
    assert missing["integrations.desk.secret"].suggestion == "add secret: ${NAME}, from the environment"
    assert missing["integrations.desk.appId"].suggestion == "add appId: …"


# ----------------------------------------------------------------------------------------------------- values
@pytest.mark.parametrize(
    ("written", "message", "suggestion"),
    [
        ("integrations: desk", "must be a list, not text", "write [desk]"),
        ("integrations: {desk: 1}", "must be a list, not a mapping", None),
        ("integrations:", "must be a list, not nothing", "write a value, or remove the key"),
        ("inactivity: 5m", "must be a mapping of keys and values, not text", None),
        ("inactivity: [5m]", "must be a mapping of keys and values, not a list", None),
        ("language: 5", "must be text, not a number", 'put it in quotes: "5"'),
        ("language: 007", "must be text, not a number", 'put it in quotes: "007"'),
        ("language: true", "must be text, not true or false", 'put it in quotes: "true"'),
        ("enabled: maybe", "must be true or false, not text", None),
        ("enabled: []", "must be true or false, not a list", None),
    ],
)
def test_value_of_another_kind(written: str, message: str, suggestion: str | None) -> None:
    text = HEAD.replace("      integrations: [desk]\n", f"      {written}\n")
    problem = next(one for one in problems_of(text) if one.code == "LC205")
    assert (problem.message, problem.suggestion) == (message, suggestion)


def test_business_hours_of_another_kind() -> None:
    problem = only(f"{HEAD}      business_hours: {{timezone: Europe/Athens, weekly: always}}\n")
    assert problem.code == "LC222"
    assert problem.message.startswith("must be a table of days")


def test_outcome_is_suggested() -> None:
    problem = next(one for one in problems_of(f"{HEAD}      tickets_on: [mised]\n") if one.code == "LC206")
    assert problem.suggestion == "did you mean 'missed'?"


def test_too_many_questions() -> None:
    survey = "".join(f"        - {{id: q{number}, text: Why?}}\n" for number in range(51))
    problem = only(f"{HEAD}      survey:\n{survey}")
    assert problem.code == "LC207"
    assert problem.message == "the list should have at most 50 items, not 51"
    assert (problem.line, problem.column) == (8, 7)


# ------------------------------------------------------------------------- what other people's models may say
class Inner(BaseModel):
    """A nested model."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    size: int = Field(default=1, multiple_of=2)


class Strange(IntegrationSettings):
    """Settings with what a plugin may bring: unions, rules over several keys, secrets, patterns."""

    site: str = Field(default="https://a", pattern=r"^https?://[^\s/?#@]+/?$")
    mail: str = Field(default="a@b", pattern=r"^[^\s:/]+@[^\s:/]+$")
    code: str = Field(default="a1", pattern="^[a-z][0-9]$")

    pin: SecretStr = Field(default=SecretStr("0000"), min_length=4, max_length=6)
    either: int | Inner = 1
    parts: dict[str, list[Inner]] = Field(default_factory=dict[str, list[Inner]])

    @model_validator(mode="after")
    def _rule(self) -> Strange:
        if self.description == "rule":
            raise ValueError("description: this is against the rule")
        return self


def drafts(content: object, *, integration: bool = False) -> list[Draft]:
    with pytest.raises(ValidationError) as caught:
        Strange.model_validate(content)
    return drafts_from(caught.value, root=from_plain(content), model=Strange, integration=integration)


BASE = {"type": "STRANGE", "name": "s"}


def test_branches_of_a_union_are_skipped_in_the_path() -> None:
    found = drafts({**BASE, "either": {"kind": 5}})
    assert {one.path for one in found} == {("either",), ("either", "kind")}


@pytest.mark.parametrize(
    ("written", "suggestion"),
    [
        ("acme.example.com", "write https://acme.example.com"),
        ("//acme.example.com", "write https://acme.example.com"),
        (" https://acme.example.com ", "write https://acme.example.com"),
        ("https://acme.example.com/agent/home?tab=1", "write https://acme.example.com"),
        ("https://eva:word@acme.example.com", "such as https://acme.example.com"),
        ("ftp://acme", "such as https://acme.example.com"),
        ("our site", "such as https://acme.example.com"),
    ],
)
def test_what_is_no_address_gets_the_one_that_is_meant(written: str, suggestion: str) -> None:
    (found,) = drafts({**BASE, "site": written}, integration=True)
    assert (found.code, found.message) == ("LC406", "must be an address that begins with https://")
    assert found.suggestion == suggestion


def test_what_a_reference_brought_is_not_suggested() -> None:
    node = ScalarNode("acme.internal", written="${SITE}", references=("SITE",))
    assert wanted_form("^https?://[^/]+$", node)[1] == "such as https://acme.example.com"


def test_other_forms_are_told_by_what_they_want() -> None:
    (mail,) = drafts({**BASE, "mail": "eva"})
    assert (mail.code, mail.message) == ("LC208", "must be an address of e-mail")
    (code,) = drafts({**BASE, "code": "11"})
    assert code.suggestion == "it has to fit the pattern ^[a-z][0-9]$"
    assert "name" not in code.message


def test_paths_through_lists_and_dictionaries() -> None:
    (found,) = drafts({**BASE, "parts": {"a": [{"kind": "x"}, {"kind": "x", "size": 3}]}})
    assert (found.code, found.path) == ("LC208", ("parts", "a", 1, "size"))
    assert found.message == "must be a multiple of 2"


def test_rule_over_several_keys_is_a_problem_of_the_whole() -> None:
    (found,) = drafts({**BASE, "description": "rule"})
    assert (found.code, found.path) == ("LC208", ())
    assert found.message == "description: this is against the rule"
    (again,) = drafts({**BASE, "description": "rule"}, integration=True)
    assert again.code == "LC406"


@pytest.mark.parametrize(
    ("pin", "message"),
    [
        ("12", "this secret must have at least 4 characters"),
        ("1234567", "this secret must have at most 6 characters"),
    ],
)
def test_length_of_a_secret_is_not_told(pin: str, message: str) -> None:
    (found,) = drafts({**BASE, "pin": pin})
    assert (found.code, found.message) == ("LC207", message)


def test_message_about_a_secret_that_repeats_a_part_of_it_is_replaced() -> None:
    content = {
        "type": "ZENDESK_LIVECHAT",
        "name": "z",
        "baseUrl": "https://a",
        "appId": "a",
        "keyId": "k",
        "secret": "refused-secret-value",
        "webhookKey": "w" * 20,
    }
    with pytest.raises(ValidationError) as caught:
        ZendeskSettings.model_validate(content)
    (found,) = drafts_from(caught.value, root=from_plain(content), model=ZendeskSettings, integration=True)
    assert (found.code, found.path, found.message) == ("LC406", ("secret",), "this secret is not valid")


def test_message_about_a_secret_that_tells_nothing_is_kept() -> None:
    class Pin(IntegrationSettings):
        pin: SecretStr

        @model_validator(mode="before")
        @classmethod
        def _unused(cls, value: object) -> object:
            return value

    with pytest.raises(ValidationError) as caught:
        Pin.model_validate({**BASE, "pin": {"a": 1}})
    (found,) = drafts_from(caught.value, root=from_plain({**BASE, "pin": {"a": 1}}), model=Pin)
    assert (found.code, found.message) == ("LC507", "a secret must be text, not a mapping")


def test_business_hours_that_fit_no_rule_have_the_general_code() -> None:
    from pydantic import field_validator

    from livechat_sdk.policies.settings_troubles import Trouble, refuse

    class Bot(BaseModel):
        business_hours: dict[str, str]

        @field_validator("business_hours", mode="before")
        @classmethod
        def _refused(cls, value: object) -> object:
            refuse("Bot", [Trouble((), "closed for ever; open the shop")])
            return value

    content = {"business_hours": {"a": "b"}}
    with pytest.raises(ValidationError) as caught:
        Bot.model_validate(content)
    (found,) = drafts_from(caught.value, root=from_plain(content), model=Bot)
    assert (found.code, found.message, found.suggestion) == ("LC220", "closed for ever", "open the shop")


def test_plugin_whose_model_fails_is_named() -> None:
    problem = next(
        one
        for one in problems_of(HEAD.replace("HELVIA_LIVECHAT", "BROKEN_LIVECHAT, address: some-address"))
        if one.code == "LC406"
    )
    assert problem.message == "the settings model of BROKEN_LIVECHAT failed with RuntimeError"
    assert "some-address" not in str(problem)


# ------------------------------------------------------------------------------------------------ annotations
class Texts(RootModel[dict[str, dict[str, str]]]):
    """A model that is nothing but a dictionary."""


def test_annotations_are_taken_apart() -> None:
    kinds = kinds_of(Strange)
    assert inner(kinds, "either") == (int, Inner)
    assert inner(inner(kinds, "parts"), "whatever") == (list[Inner],)
    assert items(inner(inner(kinds, "parts"), "whatever")) == (Inner,)
    assert inner(kinds, "unknown") == ()
    assert inner(inner(kinds_of(Texts), "en"), "waiting") == (str,)
    assert kinds_of(int | None) == (int,)
    assert kinds_of(Secret | None) == (tuple[SecretStr, ...],)
    assert inner(kinds_of(dict), "x") == inner(kinds_of(object), "x")
    assert items(kinds_of(list)) == items(kinds_of(set))
    assert items(kinds_of(tuple[int, str])) == (int, str)
    assert items(kinds_of(frozenset[int])) == (int,)
    assert items(kinds_of(str)) == ()


def test_secrets_are_found_in_annotations() -> None:
    assert is_secret(kinds_of(Secret))
    assert is_secret(kinds_of(dict[str, SecretStr] | None))
    assert not is_secret(kinds_of(dict[str, str]))
    assert not is_secret(kinds_of(Strange))


def test_places_for_values_and_places_for_mappings() -> None:
    assert takes_values(str)
    assert takes_values(tuple[str, ...])
    assert not takes_values(Strange)
    assert not takes_values(dict[str, str])


def test_keys_in_both_spellings() -> None:
    assert "webhook_key" in keys_of(kinds_of(ZendeskSettings))
    assert "webhookKey" in keys_of(kinds_of(ZendeskSettings), camel=True)
    assert keys_of(kinds_of(str)) == ()
