"""Jira Service Management's words, as far as they are read here.

Errors come in two shapes on the same paths: ``errorMessage`` is Service Management's own, ``errorMessages``
and ``errors`` are Jira's (https://github.com/atlassian-api/atlassian-python-api/pull/1587).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, cast

from pydantic import Field

from livechat_sdk.errors import ProviderError, RejectedError
from livechat_sdk_tickets.wire import Wire

__all__ = [
    "WireComments",
    "WireCustomer",
    "WireCustomers",
    "WireDesk",
    "WireField",
    "WireForm",
    "WireIssues",
    "WireRequest",
    "WireUploads",
    "classify",
    "is_an_error",
    "told",
]

_FORBIDDEN: Final = 403


class WireStatus(Wire):
    """Where a request is in its workflow."""

    status: str | None = None
    category: str | None = Field(default=None, alias="statusCategory")


class WireDate(Wire):
    """A time."""

    millis: int | None = Field(default=None, alias="epochMillis")


class WireValue(Wire):
    """A field of a request."""

    field_id: str = Field(alias="fieldId")
    value: Any = None


class WireRequest(Wire):
    """A request."""

    key: str = Field(alias="issueKey")
    created: WireDate | None = Field(default=None, alias="createdDate")
    status: WireStatus | None = Field(default=None, alias="currentStatus")
    values: tuple[WireValue, ...] = Field(default=(), alias="requestFieldValues")

    @property
    def summary(self) -> str:
        """One line."""
        found = next((one.value for one in self.values if one.field_id == "summary"), "")
        return found if isinstance(found, str) else ""


class WireIssue(Wire):
    """An issue that a search found."""

    key: str
    fields: dict[str, Any] = Field(default_factory=dict[str, Any])


class WireIssues(Wire):
    """A page of a search."""

    issues: tuple[WireIssue, ...]
    next_page: str | None = Field(default=None, alias="nextPageToken")


class WireComment(Wire):
    """A comment."""

    body: str = ""


class WireComments(Wire):
    """A page of comments."""

    values: tuple[WireComment, ...]
    is_last: bool = Field(default=True, alias="isLastPage")


class WireCustomer(Wire):
    """A customer."""

    account_id: str = Field(alias="accountId")
    email: str | None = Field(default=None, alias="emailAddress")
    active: bool = True


class WireCustomers(Wire):
    """A page of customers."""

    values: tuple[WireCustomer, ...]


class WireUpload(Wire):
    """A file that was handed over."""

    id: str = Field(alias="temporaryAttachmentId")


class WireUploads(Wire):
    """Files that were handed over."""

    files: tuple[WireUpload, ...] = Field(alias="temporaryAttachments", min_length=1)


class WireDesk(Wire):
    """A service desk."""

    id: str
    name: str = Field(default="", alias="projectName")


class WireOption(Wire):
    """A value that a field takes."""

    value: str
    label: str = ""


class WireSchema(Wire):
    """What kind of field it is."""

    type: str = ""
    items: str | None = None
    custom: str | None = None

    @property
    def is_wiki(self) -> bool:
        """Whether its text is shown as wiki text."""
        return self.custom is not None and self.custom.endswith(":textarea")


class WireField(Wire):
    """A field of a form."""

    id: str = Field(alias="fieldId")
    name: str = ""
    required: bool = False
    options: tuple[WireOption, ...] = Field(default=(), alias="validValues")
    preset: tuple[Any, ...] = Field(default=(), alias="defaultValues")
    form: WireSchema = Field(default=WireSchema(), alias="jiraSchema")

    def option(self, label: str) -> str | None:
        """The id of the value with a label."""
        wanted = label.strip().casefold()
        return next((one.value for one in self.options if one.label.strip().casefold() == wanted), None)


class WireForm(Wire):
    """The form of a request type."""

    fields: tuple[WireField, ...] = Field(alias="requestTypeFields")
    on_behalf: bool = Field(default=False, alias="canRaiseOnBehalfOf")

    def field(self, field_id: str) -> WireField | None:
        """One field."""
        return next((one for one in self.fields if one.id == field_id), None)


def _error(content: bytes) -> dict[str, Any]:
    try:
        body: Any = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def is_an_error(content: bytes) -> bool:
    """Whether it is an error of the API itself, in one of its two shapes, and not somebody else's page."""
    return not _error(content).keys().isdisjoint({"errorMessage", "errorMessages", "errors"})


def told(content: bytes) -> str:
    """What an error says, for people, in whichever shape it comes."""
    return "; ".join(_told(_error(content)))[:300] or content[:100].decode("utf-8", "replace")


def _told(error: dict[str, Any]) -> Iterator[str]:
    if isinstance(error.get("errorMessage"), str):
        yield error["errorMessage"]
        return
    messages: Any = error.get("errorMessages")
    if isinstance(messages, list):
        yield from (str(one) for one in cast("list[object]", messages) if one)
    fields: Any = error.get("errors")
    if isinstance(fields, dict):
        yield from (f"{name}: {what}" for name, what in cast("dict[str, Any]", fields).items())


def classify(status: int, content: bytes) -> type[ProviderError] | None:
    """A 403 against forged requests says nothing about the credentials."""
    return RejectedError if status == _FORBIDDEN and b"xsrf" in content[:1000].lower() else None
