"""Names of agents: what is shown of them, what is found in texts, and that nothing else is seen."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from livechat_sdk.domain.agent_names import NOBODY, AgentNames, HiddenName, hide, pseudonym
from livechat_sdk.domain.people import Agent
from tests.words.conversations import play

SALT = "h-1"
CONVERSATIONS = 300


def an(name: str | None, agent_id: str = "4711") -> Agent:
    return Agent(id=agent_id, name=name)


def names(show: str, **more: object) -> AgentNames:
    return AgentNames.model_validate({"show": show, **more})


def hidden(name: str, show: str = "first", agent_id: str = "4711") -> list[HiddenName]:
    return list(HiddenName.of(an(name, agent_id), names(show), SALT))


# ----------------------------------------------------------------------------------------- what is shown
@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Maria Papa", "Maria"),
        ("  Maria   Papa ", "Maria"),
        ("Maria", "Maria"),
        ("Papa, Maria", "Maria"),
        ("Papa, Maria Anna", "Maria"),
        ("Papa,", "Papa"),
        ("Dr. Maria Papa", "Maria"),
        ("Prof. Dr. Papa, Maria", "Maria"),
        ("Μαρία Παπά", "Μαρία"),
        ("Anna-Maria Papa", "Anna-Maria"),
        ("maria.papa@acme.example", None),
        ("Dr.", None),
        ("", None),
        (None, None),
    ],
)
def test_the_first_name_is_found_in_a_name(name: str | None, first: str | None) -> None:
    assert names("first").shown(an(name)).name == first


def test_an_alias_goes_by_id_then_by_name_then_for_everybody() -> None:
    aliases = {"4711": "Alex", "Maria Papa": "Robin"}
    shown = names("alias", aliases=aliases, alias="Support")
    assert [shown.shown(one).name for one in (an("X Y"), an("Maria Papa", "1"), an("X Y", "1"))] == [
        "Alex",
        "Robin",
        "Support",
    ]
    assert names("alias", aliases=aliases).shown(an("X Y", "1")).name is None


@pytest.mark.parametrize(("show", "name"), [("full", "Maria Papa"), ("none", None)])
def test_names_are_shown_in_full_or_not_at_all(show: str, name: str | None) -> None:
    assert names(show).shown(an("Maria Papa")) == an(name)


@pytest.mark.parametrize("wrong", [{"show": "last"}, {"alias": "x" * 1001}, {"aliasses": {}}])
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AgentNames.model_validate(wrong)


def test_an_id_of_our_own_tells_nothing_and_is_the_same_within_a_handoff() -> None:
    ours = pseudonym("maria.papa", SALT)
    assert ours == pseudonym("maria.papa", SALT) != pseudonym("maria.papa", "h-2")
    assert "maria" not in ours


# ------------------------------------------------------------------------------------ what is found in texts
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Maria Papa has joined.", "Maria has joined."),
        ("MARIA  PAPA, maria-papa and Maria\nPapa!", "Maria, Maria and Maria!"),
        ("(Maria Papa)", "(Maria)"),
        ("Maria Papadopoulou", "Maria Papadopoulou"),
        ("Annamaria Papa", "Annamaria Papa"),
        ("Maria has a papa", "Maria has a papa"),
        ("", ""),
    ],
)
def test_a_whole_name_is_found_however_it_is_written(text: str, said: str) -> None:
    assert hide(text, hidden("Maria Papa"), SALT, whole=True) == said


def test_what_stands_in_its_place_is_what_is_shown() -> None:
    assert hide("Maria Papa left", hidden("Maria Papa", "none"), SALT, whole=True) == f"{NOBODY} left"


def test_a_name_of_one_word_is_found_only_as_it_is_written_and_not_where_an_agent_speaks() -> None:
    rose = hidden("Rose", "none")
    assert hide("Rose sent a rose", rose, SALT, whole=False) == f"{NOBODY} sent a rose"
    assert hide("Rose sent a rose", rose, SALT, whole=True) == "Rose sent a rose"


def test_an_id_made_of_words_is_hidden_too_and_a_number_is_none() -> None:
    found = hidden("Maria Papa", agent_id="maria.papa@acme.example")
    assert hide("by maria.papa@acme.example", found, SALT, whole=False) == "by Maria"
    assert hide("order 4711", hidden("Maria Papa"), SALT, whole=False) == "order 4711"


def test_the_longest_name_is_hidden_as_a_whole() -> None:
    found = [*hidden("Maria Papa", "none"), *hidden("Maria Papa Nikou", "none")]
    assert hide("Maria Papa Nikou left", found, SALT, whole=True) == f"{NOBODY} left"


def test_digests_hold_no_name_and_are_good_for_one_handoff() -> None:
    found = hidden("Maria Papa")
    assert "aria" not in "".join(one.model_dump_json() for one in found).replace('"shown":"Maria"', "")
    assert hide("Maria Papa left", found, "h-2", whole=True) == "Maria Papa left"


def test_names_that_are_shown_in_full_are_not_looked_for() -> None:
    assert hidden("Maria Papa", "full") == []
    assert hidden("Maria", "first") == []


@given(text=st.text(max_size=60), name=st.text(max_size=20), before=st.sampled_from(["", " ", "a "]))
def test_hiding_never_fails_and_leaves_other_texts_alone(text: str, name: str, before: str) -> None:
    found = list(HiddenName.of(Agent(id="4711", name=name), names("none"), SALT))
    cleaned = hide(f"{before}{text}", found, SALT, whole=False)
    assert cleaned == f"{before}{text}" or NOBODY in cleaned


# --------------------------------------------------------------------------------------- whole conversations
@pytest.mark.parametrize("show", ["first", "alias", "none"])
def test_no_unmasked_name_reaches_the_end_user_in_random_conversations(show: str) -> None:
    for seed in range(CONVERSATIONS):
        assert not play(seed, show).leaks(), f"play({seed}, {show!r})"


def test_the_search_would_find_a_name_that_is_not_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["livechat_sdk.lifecycle.step"], "masked", lambda _, given: (given, ()))
    assert any(play(seed, "first").leaks() for seed in range(20))


def test_names_that_may_be_seen_are_seen() -> None:
    played = [play(seed, show) for seed in range(30) for show in ("full", "first")]
    for conversation in played:
        conversation.people = [one for one in conversation.people if one.first in one.whole]
    in_full = [one for one in played if one.names.show == "full"]
    by_first = [one for one in played if one.names.show == "first"]
    assert any(person.family in text for one in in_full for text in one.seen for person in one.people)
    assert any(person.first in text for one in by_first for text in one.seen for person in one.people)
