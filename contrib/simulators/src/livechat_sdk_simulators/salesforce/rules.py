"""What the org does with records that are made or changed: numbers, owners, closing, files, e-mails."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, Final

from livechat_sdk_simulators.salesforce.errors import ApiError, wrong
from livechat_sdk_simulators.salesforce.rows import Record, Rows
from livechat_sdk_simulators.salesforce.settings import SalesforceSettings

__all__ = ["RULE_ID", "Rules"]

RULE_ID: Final = "01QgK0000000001AAA"
"""The assignment rule."""
_FIRST_NUMBER: Final = 1026
_CLOSED: Final = frozenset({"Closed"})


class Rules:
    """The rules of one org, whose user ``user_id`` is the caller."""

    def __init__(self, rows: Rows, settings: SalesforceSettings) -> None:
        self._rows = rows
        self._settings = settings
        self._numbers = itertools.count(_FIRST_NUMBER)
        self._emails: list[tuple[str, str]] = []
        self.user_id = rows.add(
            "User", {"Name": "Livechat Bot", "Username": "bot@acme.example", "Email": "bot@acme.example"}, ""
        ).id
        """As whom callers act."""
        queue = {"Name": "Support", "DeveloperName": "Support", "Type": "Queue"}
        self.queue_id = rows.add("Group", queue, self.user_id).id
        """Whom the assignment rule gives cases to."""
        self.org_id = rows.add("Organization", {"Name": "Acme", "IsSandbox": False}, self.user_id).id
        for place, label in enumerate(rows.kinds["Case"].fields["Status"].choices, 1):
            status = {
                "MasterLabel": label,
                "ApiName": label,
                "SortOrder": float(place),
                "IsClosed": label in _CLOSED,
                "IsDefault": label == "New",
            }
            rows.add("CaseStatus", status, self.user_id)
        self.validation: list[Callable[[Mapping[str, Any]], str | None]] = []
        """Validation rules of cases: each sees the values to be, and says what is wrong with them."""

    @property
    def emails(self) -> list[tuple[str, str]]:
        """Which contacts were written to, and what, oldest first."""
        return self._emails

    # ---------------------------------------------------------------------------------------- making
    def make(
        self, kind: str, values: Mapping[str, Any], by: str, *, assign: bool = False, by_api: bool = True
    ) -> Record:
        """Make a record with values that were checked. Raises ``ApiError``, and then there is none."""
        made = dict(values)
        if kind == "Case":
            return self._make_case(made, by, assign=assign, by_api=by_api)
        if kind == "ContentVersion":
            return self._make_file(made, by, by_api=by_api)
        if kind == "Contact":
            made["Name"] = _full_name(made)
            self._check_unique(kind, made, None)
        if kind == "ContentDocumentLink" and self._is_linked(made):
            raise _taken("<unknown>", "<unknown>")
        record = self._rows.add(kind, made, by, by_api=by_api)
        if kind == "CaseComment":
            self._tell(record)
        return record

    def _make_case(self, values: dict[str, Any], by: str, *, assign: bool, by_api: bool) -> Record:
        comment = values.pop("Comments", None)
        usual_values = {name: one.default for name, one in self._rows.kinds["Case"].fields.items()}
        values = {
            **values,
            **{name: usual_values[name] for name in ("Status", "Priority") if not values.get(name)},
        }
        self._check_case(values, None)
        values["OwnerId"] = (
            self.queue_id if assign and self._settings.assignment_rule else values.get("OwnerId") or by
        )
        values |= self._of_contact(values)
        values["CaseNumber"] = f"{next(self._numbers):08}"
        record = self._rows.add("Case", values, by, by_api=by_api)
        self._close(record, by)
        if comment:
            said = {"ParentId": record.id, "CommentBody": comment, "IsPublished": False}
            self._rows.add("CaseComment", said, by, by_api=by_api)
        return record

    def _of_contact(self, values: Mapping[str, Any]) -> dict[str, Any]:
        contact = self._rows.get("Contact", str(values.get("ContactId") or ""))
        if contact is None:
            return {"ContactEmail": None, "ContactPhone": None}
        of = contact.values
        known = {"ContactEmail": of.get("Email"), "ContactPhone": of.get("Phone")}
        return {**known, "AccountId": values.get("AccountId") or of.get("AccountId")}

    def _check_case(self, values: Mapping[str, Any], record: Record | None) -> None:
        missing = [one for one in self._settings.required_fields if not values.get(one)]
        if missing:
            names = ", ".join(missing)
            raise wrong("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{names}]", *missing)
        for rule in self.validation:
            if (message := rule(values)) is not None:
                raise wrong("FIELD_CUSTOM_VALIDATION_EXCEPTION", message)
        self._check_unique("Case", values, record)

    def _check_unique(self, kind: str, values: Mapping[str, Any], record: Record | None) -> None:
        for field in self._rows.kinds[kind].fields.values():
            if not field.unique or not values.get(field.name):
                continue
            for other in self.found_by(kind, field.name, str(values[field.name])):
                if other is not record:
                    raise _taken(field.name, other.id[:15])

    def found_by(self, kind: str, field: str, value: str) -> list[Record]:
        """The records with a value in a field, whatever the case of its letters."""
        lower = value.casefold()
        return [one for one in self._rows.of(kind) if str(one.values.get(field) or "").casefold() == lower]

    # -------------------------------------------------------------------------------------- changing
    def change(self, record: Record, values: Mapping[str, Any], by: str) -> None:
        """Change a record. Raises ``ApiError``, and then nothing has changed."""
        changed = dict(values)
        whole = {**record.values, **changed}
        if record.kind.name == "Case":
            for name in ("Status", "OwnerId"):
                if name in changed and not changed[name]:
                    raise wrong("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{name}]", name)
            self._check_case(whole, record)
            if "ContactId" in changed:
                changed |= self._of_contact({**whole, "AccountId": changed.get("AccountId")})
        elif record.kind.name == "Contact":
            self._check_unique("Contact", whole, record)
            changed["Name"] = _full_name(whole)
        was_published = record.values.get("IsPublished")
        self._rows.change(record, changed, by)
        if record.kind.name == "Case":
            self._close(record, by)
        if record.kind.name == "CaseComment" and not was_published:
            self._tell(record)

    def _close(self, record: Record, by: str) -> None:
        closed = record.values["Status"] in _CLOSED
        if closed != record.values["IsClosed"]:
            at = record.values["LastModifiedDate"] if closed else None
            self._rows.change(record, {"IsClosed": closed, "ClosedDate": at}, by)

    def _tell(self, comment: Record) -> None:
        case = self._rows.get("Case", str(comment.values["ParentId"]))
        address = (
            None if case is None else case.values.get("ContactEmail") or case.values.get("SuppliedEmail")
        )
        if self._settings.comment_notifications and comment.values["IsPublished"] and address:
            self._emails.append((str(address), str(comment.values["CommentBody"])))

    # ------------------------------------------------------------------------------------------ files
    def _make_file(self, values: dict[str, Any], by: str, *, by_api: bool) -> Record:
        content = bytes(values.pop("VersionData"))
        place = values.get("FirstPublishLocationId")
        document = self._rows.get("ContentDocument", str(values.get("ContentDocumentId") or ""))
        if document is not None and place:
            raise wrong("INVALID_INPUT", "FirstPublishLocationId cannot be set for a further version.")
        name = str(values["PathOnClient"]).rpartition("/")[2]
        ending = name.rpartition(".")[2] if "." in name else ""
        about = {
            "Title": values.get("Title") or name.rpartition(".")[0] or name,
            "FileExtension": ending or None,
            "ContentSize": float(len(content)),
        }
        if document is None:
            document = self._rows.add("ContentDocument", about, by, by_api=by_api)
            self._link(document, by, "I", by_api=by_api)
            if place and place != by:
                self._link(document, str(place), "V", by_api=by_api)
        version = {
            **values,
            **about,
            "ContentDocumentId": document.id,
            "FileType": (ending or "unknown").upper(),
            "VersionData": None,
            "IsLatest": True,
            "VersionNumber": "1",
        }
        for older in self._rows.of("ContentVersion"):
            if older.values["ContentDocumentId"] == document.id:
                version["VersionNumber"] = str(int(str(older.values["VersionNumber"])) + 1)
                older.values["IsLatest"] = False
        record = self._rows.add("ContentVersion", version, by, by_api=by_api)
        record.content = content
        self._rows.change(document, {"LatestPublishedVersionId": record.id, **about}, by)
        return record

    def _link(self, document: Record, place: str, share: str, *, by_api: bool) -> None:
        link = {
            "LinkedEntityId": place,
            "ContentDocumentId": document.id,
            "ShareType": share,
            "Visibility": "AllUsers",
        }
        self._rows.add("ContentDocumentLink", link, self.user_id, by_api=by_api)

    def _is_linked(self, values: Mapping[str, Any]) -> bool:
        return any(
            all(one.values[name] == values[name] for name in ("LinkedEntityId", "ContentDocumentId"))
            for one in self._rows.of("ContentDocumentLink")
        )

    def files_of(self, case: Record) -> list[Record]:
        """The newest versions of the files of a case."""
        documents = {
            one.values["ContentDocumentId"]
            for one in self._rows.of("ContentDocumentLink")
            if one.values["LinkedEntityId"] == case.id
        }
        versions = self._rows.of("ContentVersion")
        return [
            one for one in versions if one.values["IsLatest"] and one.values["ContentDocumentId"] in documents
        ]

    # --------------------------------------------------------------------------------------- deleting
    def remove(self, record: Record) -> None:
        """Delete a record, and what hangs on it. Raises ``ApiError``."""
        if not record.kind.createable:
            raise ApiError(
                400, "INSUFFICIENT_ACCESS_OR_READONLY", f"entity is not deletable: {record.kind.name}"
            )
        if record.kind.name == "Case":
            for kind in ("CaseComment", "FeedItem"):
                for one in self._rows.of(kind):
                    if one.values["ParentId"] == record.id:
                        self._rows.remove(one)
        self._rows.remove(record)

    def colleague(self, name: str) -> str:
        """The id of somebody of support, who is hired where nobody has this name."""
        for one in self._rows.of("User"):
            if one.values["Name"] == name:
                return one.id
        address = f"{'.'.join(name.lower().split())}@agents.example"
        return self._rows.add("User", {"Name": name, "Username": address, "Email": address}, self.user_id).id


def _taken(field: str, record_id: str) -> ApiError:
    text = f"duplicate value found: {field} duplicates value on record with id: {record_id}"
    return wrong("DUPLICATE_VALUE", text)


def _full_name(values: Mapping[str, Any]) -> str:
    return " ".join(str(one) for one in (values.get("FirstName"), values.get("LastName")) if one)
