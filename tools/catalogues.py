"""The catalogues of system messages: ``python tools/catalogues.py update|compile|new TAG``.

``livechat_sdk.policies.texts_en`` is the source. ``update`` takes its texts into ``locales/messages.pot`` and
from there into the ``.po`` file of each language: what has changed has to be translated anew. ``compile``
makes the ``.mo`` files that are read at run time. ``new TAG`` begins a language, with its plural rules and
the names of days and months from CLDR; then add the tag to ``LANGUAGES`` in
``livechat_sdk.policies.catalogue``.

Which languages are reviewed stands in the header of their file: ``Language-Team: reviewed``. Whoever changes
that answers for the words. A test says when something here is stale.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from livechat_sdk.domain.moments import KNOWN_AT, Moment
from livechat_sdk.policies.catalogue import LOCALES
from livechat_sdk.policies.texts_en import COUNTED, MONTHS, PHRASES, TEXTS, WEEKDAYS

TEMPLATE = "messages.pot"
UNREVIEWED = "unreviewed"
_MADE = datetime(2026, 11, 26, tzinfo=UTC)  # a date that does not change keeps files comparable
_CLDR = {"no": "nb"}
_RULES = """\
# System messages of livechat-sdk. Values stand in braces: {agent}. [this {agent}|that]: the first
# of the variants whose values are all known is said. Keep braces, brackets and bars; name no gender
# and put no article before a value of which nobody knows its grammar."""


def template() -> Catalog:
    """All texts that have to be translated."""
    catalog = Catalog(
        project="livechat-sdk",
        version="1",
        header_comment=_RULES,
        msgid_bugs_address="the issues of livechat-sdk",
        creation_date=_MADE,
        revision_date=_MADE,
        last_translator="livechat-sdk",
        language_team=UNREVIEWED,
        fuzzy=False,
    )
    for moment, text in TEXTS.items():
        if isinstance(text, str):
            known = ", ".join(f"{{{name}}}" for name in sorted(KNOWN_AT[Moment(moment)]))
            catalog.add(text, context=moment.value, auto_comments=[f"Known here: {known}"])
    for key, both in COUNTED.items():
        catalog.add(both, context=key)
    for key, text in PHRASES.items():
        catalog.add(text, context=key)
    for day in WEEKDAYS:
        catalog.add(day, context="weekday", auto_comments=["As next_opening needs it"])
    for month in MONTHS:
        catalog.add(month, context="month", auto_comments=["As next_opening needs it"])
    return catalog


def read(path: Path) -> Catalog:
    """A catalogue as it lies in its file."""
    with path.open("rb") as stream:
        return read_po(stream, locale=_locale(path.stem) if path.suffix == ".po" else None)


def text_of(catalog: Catalog) -> bytes:
    """A catalogue as text, without what has gone out of use."""
    stream = BytesIO()
    write_po(stream, catalog, width=100, ignore_obsolete=True)
    return stream.getvalue()


def compiled(catalog: Catalog) -> bytes:
    """A catalogue as it is read at run time."""
    stream = BytesIO()
    write_mo(stream, catalog)
    return stream.getvalue()


def updated(catalog: Catalog) -> Catalog:
    """A catalogue with the texts of the source: translations of unchanged ones stay."""
    catalog.update(template(), no_fuzzy_matching=True, update_header_comment=True)
    catalog.creation_date = _MADE
    return catalog


def new(tag: str) -> Catalog:
    """A catalogue without translations but for what CLDR knows."""
    locale = Locale.parse(_locale(tag), sep="_")
    catalog = Catalog(
        locale=_locale(tag),
        project="livechat-sdk",
        version="1",
        msgid_bugs_address="the issues of livechat-sdk",
        creation_date=_MADE,
        revision_date=_MADE,
        last_translator="livechat-sdk",
        language_team=UNREVIEWED,
        fuzzy=False,
    )
    updated(catalog)
    for number, day in enumerate(WEEKDAYS):
        _put(catalog, "weekday", day, locale.days["format"]["wide"][number])
    for number, month in enumerate(MONTHS, start=1):
        _put(catalog, "month", month, locale.months["format"]["wide"][number])
    return catalog


def _put(catalog: Catalog, context: str, english: str, text: str) -> None:
    message = catalog.get(english, context)
    if message is None:
        raise AssertionError(f"{english} is not in the catalogue")
    message.string = text


def _locale(tag: str) -> str:
    language, _, region = _CLDR.get(tag, tag).partition("-")
    return f"{language}_{region.upper()}" if region else language


def main(arguments: list[str]) -> None:
    """Do what the command line says."""
    match arguments:
        case ["new", tag]:
            path = LOCALES / f"{tag}.po"
            if path.exists():
                sys.exit(f"{path.name} is there already")
            path.write_bytes(text_of(new(tag)))
        case ["update"]:
            (LOCALES / TEMPLATE).write_bytes(text_of(template()))
            for path in sorted(LOCALES.glob("*.po")):
                path.write_bytes(text_of(updated(read(path))))
        case ["compile"]:
            for path in sorted(LOCALES.glob("*.po")):
                path.with_suffix(".mo").write_bytes(compiled(read(path)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
