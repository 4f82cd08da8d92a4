"""The field map: what each kind of field takes, and what the settings refuse before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from livechat_sdk_tickets.fields import FieldRule, Unfit, mapped, twice


def rule(**fields: Any) -> FieldRule:
    return FieldRule.model_validate({"field": "f", **fields})


CHOICE = rule(kind="choice", values={"Web Shop": "shop", "Bank": 7})


@pytest.mark.parametrize(
    ("one", "value", "wanted"),
    [
        (rule(), "a\r\nb\x00", "a\nb"),
        (rule(), 3, "3"),
        (rule(), True, "yes"),
        (rule(kind="number"), "2.5", 2.5),
        (rule(kind="number"), 2, 2.0),
        (rule(kind="integer"), "3", 3),
        (rule(kind="flag"), " YES ", True),
        (rule(kind="flag"), False, False),
        (rule(kind="date"), "2026-11-26T10:00:00Z", "2026-11-26"),
        (CHOICE, "web shop", "shop"),
        (CHOICE, " BANK ", 7),
        (rule(kind="choice", values=["red", 5]), 5, 5),
        (rule(kind="choices", values=["red", "blue"]), ["Red", "blue"], ["red", "blue"]),
        (rule(kind="choices", values=["red", "blue"]), "red", ["red"]),
    ],
)
def test_a_value_becomes_what_the_vendor_takes(one: FieldRule, value: Any, wanted: Any) -> None:
    assert one.value_of(value) == wanted


@pytest.mark.parametrize(
    ("one", "value"),
    [
        (rule(), ["a"]),
        (rule(), None),
        (rule(kind="number"), "many"),
        (rule(kind="number"), "nan"),
        (rule(kind="number"), 10**400),
        (rule(kind="number"), True),
        (rule(kind="integer"), 2.5),
        (rule(kind="flag"), "perhaps"),
        (rule(kind="date"), "tomorrow"),
        (CHOICE, "Boat"),
        (CHOICE, "shop' or '1' eq '1"),
        (rule(kind="choices", values=["red"]), ["red", "green"]),
    ],
)
def test_a_value_that_does_not_fit_is_named_and_not_sent(one: FieldRule, value: Any) -> None:
    with pytest.raises(Unfit):
        one.value_of(value)
    carried, left = mapped({"Label": value}, {"Label": one})
    assert carried == {}
    assert len(left) == 1
    assert left[0].startswith("Label: ")


def test_fields_that_are_not_mapped_are_named() -> None:
    carried, left = mapped({"A": "x", "B": "y"}, {"A": rule()})
    assert carried == {"f": "x"}
    assert left == ["B: y (is not in the field map)"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "choice"},
        {"kind": "choices", "values": []},
        {"kind": "text", "values": ["a"]},
        {"kind": "colour"},
        {"field": ""},
        {"vals": ["a"]},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rule(**wrong)


def test_two_labels_for_one_field_are_found() -> None:
    assert list(twice({"A": rule(), "B": rule(field="g"), "C": rule()})) == ["C"]
