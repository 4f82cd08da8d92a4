"""The catalogues: what translators have is what is read, and nothing in it is stale, missing or unknown."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages import Catalog
from babel.messages.mofile import read_mo
from babel.plural import to_python

from livechat_sdk.domain.moments import KNOWN_AT, Moment
from livechat_sdk.domain.people import EndUser
from livechat_sdk.policies import catalogue as catalogue_module
from livechat_sdk.policies.catalogue import LANGUAGES, LOCALES, REVIEWED, catalogue, nearest
from livechat_sdk.policies.placeholders import fill, placeholders_in
from livechat_sdk.policies.system_messages import SystemMessages
from livechat_sdk.policies.texts_en import COUNTED, PHRASES, TEXTS
from livechat_sdk.policies.value_words import opening_words, people_words, wait_words
from tests.policies.makers import a_handoff, a_request
from tests.policies.test_system_messages import settings_of
from tools import catalogues

TRANSLATED = [tag for tag in LANGUAGES if tag != "en"]
PLATFORM = """en, el, es, pt, pt-br, it, fr, de, fi, bg, cs, nl, et, he, pl, ro, ru, sr, sl, sv, tr, uk, zh,
fil, no, hr, hu, da"""
"""The languages that the platform lists for its sessions."""
_KNOWN_IN = {
    **{moment.value: names for moment, names in KNOWN_AT.items()},
    **dict.fromkeys(("wait_minutes", "wait_hours", "ahead"), frozenset({"number"})),
    "next_opening": frozenset({"weekday", "day", "month", "time"}),
}


def po(tag: str) -> Catalog:
    return catalogues.read(LOCALES / f"{tag}.po")


def entries(catalog: Catalog) -> dict[tuple[str, Any], Any]:
    # Read from compiled catalogues, plurals are lists.
    pairs = (((one.context or "", one.id), one.string) for one in catalog if one.id)
    return {
        (context, tuple(key) if isinstance(key, list) else key): tuple(text)
        if isinstance(text, list)
        else text
        for (context, key), text in pairs
    }


def test_the_languages_are_those_that_the_platform_lists() -> None:
    assert set(LANGUAGES) == set(PLATFORM.replace(",", " ").split())
    assert {path.stem for path in LOCALES.glob("*.po")} == set(TRANSLATED)
    assert {path.stem for path in LOCALES.glob("*.mo")} == set(TRANSLATED)


def test_the_template_has_exactly_what_the_source_has() -> None:
    stored = catalogues.read(LOCALES / catalogues.TEMPLATE)
    assert entries(stored).keys() == entries(catalogues.template()).keys(), "run tools/catalogues.py update"


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_catalogue_translates_exactly_what_the_source_has(tag: str) -> None:
    found = entries(po(tag))
    assert found.keys() == entries(catalogues.template()).keys(), "run tools/catalogues.py update"
    for where, text in found.items():
        forms = text if isinstance(text, tuple) else (text,)
        assert all(form.strip() for form in forms), where


@pytest.mark.parametrize("tag", TRANSLATED)
def test_what_is_read_is_what_translators_wrote(tag: str) -> None:
    with (LOCALES / f"{tag}.mo").open("rb") as stream:
        stored = read_mo(stream)
    made = read_mo(BytesIO(catalogues.compiled(po(tag))))
    assert entries(stored) == entries(made), "run tools/catalogues.py compile"
    assert (stored.plural_expr, stored.language_team) == (made.plural_expr, made.language_team)


@pytest.mark.parametrize("tag", TRANSLATED)
def test_every_placeholder_is_known_and_none_is_lost(tag: str) -> None:
    for (context, english), text in entries(po(tag)).items():
        ids = english if isinstance(english, tuple) else (english,)
        forms = text if isinstance(text, tuple) else (text,)
        wanted = set(chain.from_iterable(map(placeholders_in, ids)))
        for form in forms:
            found = set(placeholders_in(form))
            assert found <= _KNOWN_IN.get(context, frozenset()), (context, form)
            # A form that stands for one number only may write that number out ("one minute").
            assert found == wanted or (len(forms) > 1 and found == wanted - {"number"}), (context, form)
            assert form.count("[") == form.count("]") == ids[0].count("[") or context != "queue_update"


@pytest.mark.parametrize("tag", TRANSLATED)
def test_the_plural_rules_are_those_of_cldr(tag: str) -> None:
    """Two numbers have the same form exactly where CLDR has them in the same class, up to a hundred."""
    language, _, region = {"no": "nb"}.get(tag, tag).partition("-")
    rule = to_python(Locale(language, region.upper() or None).plural_form)
    catalog = po(tag)
    words = catalogue(tag)
    assert words is not None
    number_of = {number: people_words(number, tag).replace(str(number), "#") for number in range(3, 101)}
    by_class: dict[str, set[str]] = {}
    for number, form in number_of.items():
        by_class.setdefault(rule(number), set()).add(form)
    assert all(len(forms) == 1 for forms in by_class.values()), by_class
    assert catalog.num_plurals >= len({form for forms in by_class.values() for form in forms})


@pytest.mark.parametrize("tag", LANGUAGES)
def test_values_are_written_out_in_every_language(tag: str) -> None:
    for seconds in (0, 30, 60, 61, 300, 5400, 5401, 7200, 86_400):
        said = wait_words(seconds, tag)
        assert "{" not in said
        assert said.strip()
    hours = {opening_words(datetime(2026, 11, 24, hour, 30, tzinfo=UTC), tag) for hour in range(24)}
    assert len(hours) == 24
    week = {
        opening_words(datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(days=day), tag) for day in range(7)
    }
    assert len({re.sub(r"\d+", "", said) for said in week}) == 7
    year = {opening_words(datetime(2026, month, 1, 9, tzinfo=UTC), tag) for month in range(1, 13)}
    assert len(year) == 12
    assert not re.search(r"[{}]", "".join(hours | week | year))


@pytest.mark.parametrize(
    ("tag", "seconds", "said"),
    [
        ("en", 59.9, "less than a minute"),
        ("en", 60, "1 minute"),
        ("en", 60.1, "2 minutes"),
        ("en", 5400, "90 minutes"),
        ("en", 5401, "2 hours"),
        ("ru", 21 * 60, "21 минута"),
        ("ru", 22 * 60, "22 минуты"),
        ("ru", 25 * 60, "25 минут"),
        ("pl", 2 * 60, "2 minuty"),
        ("pl", 12 * 60, "12 minut"),
        ("sl", 2 * 60, "2 minuti"),
        ("sl", 3 * 60, "3 minute"),
        ("sl", 5 * 60, "5 minut"),
        ("ro", 20 * 60, "20 de minute"),
        ("he", 60, "דקה אחת"),
        ("zh-Hant", 180, "3分钟"),
        ("ja", 180, "3 min"),
    ],
)
def test_a_wait_is_rounded_up_and_takes_the_plural_of_its_language(
    tag: str, seconds: float, said: str
) -> None:
    assert wait_words(seconds, tag) == said


@pytest.mark.parametrize(
    ("tag", "hour", "end"),
    [("el", 1, "στη 01:30"), ("el", 9, "στις 09:30"), ("es", 1, "a la 01:30"), ("es", 13, "a las 13:30")],
)
def test_one_oclock_is_singular_where_it_is(tag: str, hour: int, end: str) -> None:
    assert opening_words(datetime(2026, 11, 24, hour, 30, tzinfo=UTC), tag).endswith(end)


def test_english_and_greek_are_reviewed_and_the_header_of_a_file_says_so() -> None:
    reviewed = {tag for tag in TRANSLATED if po(tag).language_team == "reviewed"}
    assert reviewed | {"en"} == REVIEWED == {"en", "el"}
    assert {tag for tag in LANGUAGES if (found := catalogue(tag)) is not None and found.reviewed} == REVIEWED


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("pt-BR", "pt-br"),
        ("pt_PT", "pt"),
        ("de-AT", "de"),
        ("nb-NO", "no"),
        ("iw", "he"),
        ("ja", None),
        ("", None),
    ],
)
def test_the_nearest_catalogue_is_taken(tag: str, found: str | None) -> None:
    words = nearest(tag)
    assert (words.language if words is not None else None) == found


def test_a_text_that_is_not_translated_is_missing_and_never_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = po("de")
    for one in half:
        if one.context in ("missed", "wait_moment", "weekday", "wait_hours"):
            one.string = ("", "") if isinstance(one.id, tuple) else ""
    (tmp_path / "de.mo").write_bytes(catalogues.compiled(half))
    monkeypatch.setattr(catalogue_module, "LOCALES", tmp_path)
    catalogue.cache_clear()
    try:
        words = catalogue("de")
        assert words is not None
        assert set(Moment) - words.texts.keys() == {Moment.MISSED}
        # Values within a sentence are better in English than not at all.
        assert words.phrases["wait_moment"] == PHRASES["wait_moment"]
        assert words.counted("wait_hours", 2) == COUNTED["wait_hours"][1]
    finally:
        catalogue.cache_clear()


def test_a_new_language_starts_with_the_rules_and_names_of_cldr() -> None:
    begun = catalogues.new("lt")
    assert begun.num_plurals > 2
    assert begun.language_team == "unreviewed"
    assert entries(begun)[("weekday", "Monday")] == "pirmadienis"
    assert not entries(begun)[("waiting", TEXTS[Moment.WAITING])]


def test_words_that_nobody_reviewed_are_said_only_where_their_language_was_asked_for() -> None:
    german = a_handoff(a_request(user=EndUser(id="u-1", language="de-AT")))
    unasked = SystemMessages().livechat_system_message(Moment.ENDED, german, "de-AT")
    asked = SystemMessages({}, {}, {"shop-bot": ["de"]}).livechat_system_message(
        Moment.ENDED, german, "de-AT"
    )
    theirs = SystemMessages({}, {}, {"other": ["de"]}).livechat_system_message(Moment.ENDED, german, "de-AT")
    languages = [getattr(answer, "language", None) for answer in (unasked, asked, theirs)]
    assert languages == ["en", "de", "en"]


def test_the_language_of_a_bot_is_one_that_it_speaks() -> None:
    plugin = SystemMessages({}, {"shop-bot": "pt-BR"}, {"shop-bot": ["pt-BR"]})
    answer = plugin.livechat_system_message(Moment.ENDED, a_handoff(a_request(user=EndUser(id="u"))), "ja")
    assert getattr(answer, "language", None) == "pt-br"


def test_the_words_of_a_handoff_go_before_those_of_its_bot_and_may_be_silence() -> None:
    bots_own = settings_of({"en": {"waiting": "The bot's.", "ended": "The bot's."}})
    plugin = SystemMessages({"shop-bot": bots_own})
    request = a_request(system_messages={"waiting": " This one's. ", "missed": None, "failed": "SILENT"})
    said = {
        moment: getattr(plugin.livechat_system_message(moment, a_handoff(request), "en"), "text", None)
        for moment in (Moment.WAITING, Moment.ENDED, Moment.MISSED, Moment.FAILED)
    }
    assert said == {
        Moment.WAITING: "This one's.",
        Moment.ENDED: "The bot's.",
        Moment.MISSED: None,
        Moment.FAILED: None,
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"joined": "Hi {position}"}, "{position} has no value at joined; there is {agent}, {name}"),
        ({"waitng": "x"}, "Input should be 'requested'"),
        ({"waiting": ""}, "at least 1 character"),
        ({"waiting": "x" * 2001}, "at most 2000 characters"),
    ],
)
def test_wrong_words_of_a_handoff_are_refused(words: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        a_request(system_messages=words)


def test_reading_words_loads_nothing_of_babel_and_english_not_even_gettext() -> None:
    program = """
import sys
from livechat_sdk.policies.system_messages import SystemMessages
from livechat_sdk.policies.catalogue import catalogue
assert catalogue("en").texts and "gettext" not in sys.modules
assert catalogue("el").texts and "gettext" in sys.modules
assert not [name for name in sys.modules if name.partition(".")[0] == "babel"]
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)


def test_filling_never_leaves_a_brace_in_any_language() -> None:
    values = {"agent": "Maria", "position": 2, "ahead": 1, "wait": 200, "to": "Billing", "file": "a.pdf"}
    for tag in LANGUAGES:
        words = catalogue(tag)
        assert words is not None
        for text in words.texts.values():
            for known in (values, {}):
                assert not isinstance(text, str) or not re.search(r"[{}\[\]|]", fill(text, known, tag))
