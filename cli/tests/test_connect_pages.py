"""The pages that connect vendors: with their settings the doctor finds the simulators in order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from cli.tests.simulating import assert_only_looked_at, simulating, write_settings
from cli.tests.test_doctor import SET_UP, doctor, documents
from livechat_sdk import Registry
from livechat_sdk_simulators.discovery import installed
from tests.documents import read_blocks

PAGES = sorted((Path(__file__).resolve().parents[2] / "docs" / "how-to").glob("connect-*.md"))
LOG_INS = {"clientId", "clientSecret", "userName", "token", "password", "apiKey"}
"""What the simulator's own takes the place of; of two ways to log in only one may be set."""


def settings_of(page: Path) -> list[dict[str, Any]]:
    """The blocks of settings of a page."""
    blocks = read_blocks(page.read_text("utf-8"), page.name)
    return [YAML(typ="safe", pure=True).load(block.code) for block in blocks if block.language == "yaml"]


def integrations_of(page: Path) -> dict[str, dict[str, Any]]:
    """All integrations that a page shows, by name."""
    return {name: one for content in settings_of(page) for name, one in content["integrations"].items()}


SHOWN = {one["type"]: (page, name) for page in PAGES for name, one in integrations_of(page).items()}


def test_every_integration_type_of_a_vendor_has_its_page() -> None:
    ours = {"CSV_CONTACTS", "LOCAL_TICKETING", "PARLEY_LIVECHAT"}
    assert set(Registry.discover().types) - ours == set(SHOWN)


@pytest.mark.parametrize("vendor", sorted(set(installed()) - {"parley"}))
def test_settings_of_the_pages_are_in_order_at_the_simulator(vendor: str, tmp_path: Path) -> None:
    with simulating(vendor, **SET_UP.get(vendor, {})) as (simulator, _):
        chosen: dict[str, dict[str, Any]] = {}
        for given in documents(simulator).values():
            page, name = SHOWN[given["type"]]
            assert f"livechat simulate {vendor}" in page.read_text("utf-8") or vendor in page.read_text(
                "utf-8"
            )
            own = {key: value for key, value in integrations_of(page)[name].items() if key not in LOG_INS}
            chosen[name] = {**own, **given}
        code, found = doctor(write_settings(tmp_path, chosen), *chosen)
        about = [row for row in found["findings"] if row["about"] in chosen]
        assert {row["about"] for row in about} == set(chosen)
        assert [row for row in about if row["status"] == "error"] == []
        assert code == 0
        assert_only_looked_at(simulator)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_has_what_a_reader_needs(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.search(r"^#+ Settings$|^## Who somebody is", text, re.MULTILINE)
    assert re.search(r"^#+ What it cannot do$", text, re.MULTILINE)
    assert text.rstrip().rpartition("## ")[2].startswith("Try it first\n")
    for one in integrations_of(page).values():
        plain = [
            key
            for key, value in one.items()
            if re.search(r"(?i)secret|token$|password|apikey|webhookkey", key)
            and not str(value).startswith("${")
        ]
        assert plain == [], "secrets come from the environment"
