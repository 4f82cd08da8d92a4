"""The fields of issues, what the forms of request types ask for, and how a caller gives their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from livechat_sdk_simulators.jira.adf import as_text, is_document
from livechat_sdk_simulators.jira.state import Rich

__all__ = ["FIELDS", "PRIORITIES", "Field", "Unfit", "labels_of", "read_value", "rich", "shown_fields"]

Kind = Literal["line", "rich", "labels", "priority", "select"]

_LONGEST_SUMMARY: Final = 255
_LONGEST: Final = 32_767
PRIORITIES: Final = {"1": "Highest", "2": "High", "3": "Medium", "4": "Low", "5": "Lowest"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field."""

    id: str
    name: str
    label: str
    """What the form asks."""
    kind: Kind
    options: Mapping[str, str] | None = None
    """Ids and values, of a field to choose from."""

    @property
    def schema(self) -> dict[str, Any]:
        """Its type, as the vendor describes it."""
        kinds = {"labels": "array", "priority": "priority", "select": "option"}
        shown: dict[str, Any] = {"type": kinds.get(self.kind, "string")}
        if self.kind == "labels":
            shown["items"] = "string"
        if self.id.startswith("customfield_"):
            custom = {"line": "textfield", "rich": "textarea", "select": "select"}[self.kind]
            shown["custom"] = f"com.atlassian.jira.plugin.system.customfieldtypes:{custom}"
            shown["customId"] = int(self.id.removeprefix("customfield_"))
        else:
            shown["system"] = self.id
        return shown


FIELDS: Final = {
    one.id: one
    for one in (
        Field("summary", "Summary", "What do you need?", "line"),
        Field("description", "Description", "Why do you need this?", "rich"),
        Field("priority", "Priority", "How urgent is it?", "priority", PRIORITIES),
        Field("labels", "Labels", "Labels", "labels"),
        Field("customfield_10050", "Handoff reference", "Reference", "line"),
        Field(
            "customfield_10051",
            "Topic",
            "What is it about?",
            "select",
            {"10100": "Billing", "10101": "Delivery", "10102": "Other"},
        ),
        Field("customfield_10052", "Customer e-mail", "E-mail", "line"),
    )
}


class Unfit(ValueError):
    """A value that its field cannot have."""


def rich(value: object, *, adf: bool, message: str) -> Rich:
    """Rich text: a document where ``adf``, else wiki text. Raises ``Unfit`` with ``message``."""
    if adf:
        if not is_document(value):
            raise Unfit(message)
        document = cast("Mapping[str, Any]", value)
        _check_length(as_text(document))
        return document
    if not isinstance(value, str):
        raise Unfit(message)
    _check_length(value)
    return value


def _check_length(text: str) -> None:
    if len(text) > _LONGEST:
        raise Unfit("The entered text is too long. It exceeds the allowed limit of 32,767 characters.")


def labels_of(value: object) -> list[str]:
    """Labels. Raises ``Unfit``."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in cast("list[object]", value)):
        raise Unfit("data was not an array of strings")
    labels = cast("list[str]", value)
    for one in labels:
        if " " in one or not one:
            raise Unfit(f"The label '{one}' contains spaces which is invalid.")
        if len(one) > _LONGEST_SUMMARY:
            raise Unfit(f"The label '{one}' exceeds the maximum length for a single label.")
    return list(dict.fromkeys(labels))


def read_value(field: Field, value: object, *, adf: bool) -> Any:
    """A value as it is kept. Raises ``Unfit``, as Jira tells it."""
    readers: dict[str, Callable[[], Any]] = {
        "line": lambda: _line(field, value),
        "rich": lambda: _rich_field(value, adf=adf),
        "labels": lambda: [] if value is None else labels_of(value),
        "priority": lambda: _option(field, value, "name"),
        "select": lambda: _option(field, value, "value"),
    }
    return readers[field.kind]()


def _rich_field(value: object, *, adf: bool) -> Rich | None:
    message = "Operation value must be a string"
    if adf:
        message = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
    return None if value is None else rich(value, adf=adf, message=message)


def _line(field: Field, value: object) -> str | None:
    if value is None or value == "":
        if field.id == "summary":
            raise Unfit("You must specify a summary of the issue.")
        return None
    if not isinstance(value, str):
        raise Unfit("Operation value must be a string")
    if "\n" in value or "\r" in value:
        raise Unfit(f"The {field.name.lower()} is invalid because it contains newline characters.")
    if len(value) > _LONGEST_SUMMARY:
        raise Unfit(f"{field.name} must be less than {_LONGEST_SUMMARY} characters.")
    return value


def _option(field: Field, value: object, name: str) -> str | None:
    if value is None:
        return None
    options = field.options or {}
    given = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    if not {"id", name} & set(given):
        raise Unfit(f"Specify a valid 'id' or '{name}' for {field.name}")
    for number, label in options.items():
        if str(given.get("id", number)) == number and given.get(name, label) == label:
            return number
    wrong = given.get("id", given.get(name))
    raise Unfit(
        f"Option id '{wrong}' is not valid" if "id" in given else f"Option value '{wrong}' is not valid"
    )


def shown_fields(ids: Sequence[str]) -> list[Field]:
    """The fields with these ids. Raises ``ValueError`` for one that there is not."""
    if unknown := [one for one in ids if one not in FIELDS]:
        raise ValueError(f"there is no field {unknown[0]!r}; there are: {', '.join(FIELDS)}")
    return [FIELDS[one] for one in ids]
