"""What is shown of a contact: under which label, from which column, and how its value becomes words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal, cast

from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator, model_validator

from livechat_sdk.domain.people import ContactField
from livechat_sdk.policies.contact_keys import one_line

__all__ = ["FORMATTED", "EntityProperty", "Kind", "Row", "field_of", "selection"]

Row = Mapping[str, Any]
"""A row as Dataverse answers it."""

Kind = Literal["text", "number", "choice", "lookup", "datetime"]

FORMATTED: Final = "OData.Community.Display.V1.FormattedValue"
"""The annotation that brings values as people read them, in the language of the application user."""

_COLUMN: Final = r"[A-Za-z_][A-Za-z0-9_]{0,99}"
_PATH: Final = re.compile(rf"{_COLUMN}(/{_COLUMN})?")
_LOOKUP: Final = re.compile(r"_[a-z0-9_]+_value")
_PLATFORM: Final = {
    "dataPropertyPath": "path",
    "displayName": "label",
    "domainPropertyName": "label",
    "type": "kind",
}
"""The platform's words for ours; of the two names of a property the one for people comes first."""


class EntityProperty(BaseModel):
    """One property that agents see.

    ``{label, path, kind}``, or as the platform writes it: ``{dataPropertyPath, displayName, type}``.

    ``path`` is a column of contacts (``jobtitle``), or a column of a row that a contact leads to, behind the
    name of the navigation property (``parentcustomerid_account/accountnumber``). A look-up is named by its
    column (``preferredsystemuserid``), and shown by the name of what it leads to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    label: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]
    path: Annotated[str, StringConstraints(max_length=201)]
    kind: Kind = "text"

    @field_validator("path")
    @classmethod
    def _is_a_path(cls, path: str) -> str:
        if not _PATH.fullmatch(path):
            raise ValueError("a path is the name of a column, or of a navigation property, '/' and a column")
        return path

    @model_validator(mode="before")
    @classmethod
    def _as_on_the_platform(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        fields: dict[str, Any] = dict(cast("Mapping[str, Any]", given))
        for theirs, ours in _PLATFORM.items():
            value = fields.pop(theirs, None)
            if value not in (None, ""):
                fields.setdefault(ours, value)
        fields.pop("value", None)  # what the platform has found last
        if isinstance(fields.get("kind"), str):
            fields["kind"] = {"date-time": "datetime", "look-up": "lookup"}.get(
                fields["kind"].lower(), fields["kind"].lower()
            )
        if isinstance(fields.get("path"), str):
            fields["path"] = fields["path"].replace(".", "/")
        return fields

    @property
    def navigation(self) -> str | None:
        """The navigation property in front of the column."""
        first, slash, _ = self.path.partition("/")
        return first if slash else None

    @property
    def column(self) -> str:
        """The column as it is asked for: look-ups are read as ``_NAME_value``."""
        column = self.path.rpartition("/")[2]
        return f"_{column}_value" if self.kind == "lookup" and not _LOOKUP.fullmatch(column) else column


def selection(
    columns: Iterable[str], expanded: Mapping[str, Iterable[str]], properties: Iterable[EntityProperty]
) -> dict[str, str]:
    """``$select`` and ``$expand`` for what an adapter needs itself and for properties."""
    own = dict.fromkeys(columns)
    behind = {name: dict.fromkeys(wanted) for name, wanted in expanded.items()}
    for one in properties:
        place = own if one.navigation is None else behind.setdefault(one.navigation, {})
        place[one.column] = None
    found = {"$select": ",".join(own)}
    if behind:
        found["$expand"] = ",".join(f"{name}($select={','.join(wanted)})" for name, wanted in behind.items())
    return found


def field_of(row: Row, wanted: EntityProperty, label: str | None = None) -> ContactField | None:
    """A property of a row; ``None`` where it is empty. ``label`` is the word of a choice, if known."""
    found: Any = row if wanted.navigation is None else row.get(wanted.navigation)
    if not isinstance(found, Mapping):
        return None
    place = cast("Row", found)
    raw = one_line(place.get(wanted.column))
    if raw is None:
        return None
    value = label or one_line(place.get(f"{wanted.column}@{FORMATTED}")) or raw
    return ContactField(label=wanted.label, value=value, kind=wanted.kind, raw=raw if raw != value else None)
