"""What kinds of objects there are, with the fields that matter here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from livechat_sdk_simulators.salesforce.settings import SalesforceSettings

__all__ = ["Field", "Kind", "kinds_of"]

_PLACES: Final = ("Case", "Contact", "Account", "User")
"""Where a file can be."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a kind of object."""

    name: str
    label: str
    type: str = "string"
    """``string``, ``textarea``, ``picklist``, ``reference``, ``boolean``, ``double``, ``date``, …"""
    length: int = 255
    required: bool = False
    createable: bool = True
    updateable: bool = True
    choices: Sequence[str] = ()
    default: object = None
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    external_id: bool = False
    unique: bool = False
    filterable: bool = True
    in_bytes: bool = False
    """Whether the length is one of bytes."""

    @property
    def custom(self) -> bool:
        """Whether the org has added it."""
        return self.name.endswith("__c")


@dataclass(slots=True, eq=False)
class Kind:
    """A kind of object."""

    name: str
    label: str
    prefix: str
    fields: dict[str, Field] = field(default_factory=dict[str, Field])
    title: str = "Name"
    """The field that names a record for people."""
    createable: bool = True
    children: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """For each name of a relationship from this: the kind of object on the other side, and its field."""

    def add(self, *fields: Field) -> None:
        """Add fields."""
        for one in fields:
            self.fields[one.name] = one

    def find(self, name: str) -> Field | None:
        """A field by its name, whatever the case."""
        lower = name.lower()
        return next((one for one in self.fields.values() if one.name.lower() == lower), None)


def _ref(
    name: str, label: str, *to: str, required: bool = False, fixed: bool = False, system: bool = False
) -> Field:
    return Field(
        name,
        label,
        "reference",
        18,
        required=required,
        createable=not system,
        updateable=not (fixed or system),
        reference_to=to,
        relationship=name.removesuffix("Id"),
    )


def _only_read(name: str, label: str, kind: str = "string", length: int = 255) -> Field:
    return Field(name, label, kind, length, createable=False, updateable=False)


def _long(name: str, label: str, length: int) -> Field:
    return Field(name, label, "textarea", length, filterable=False)


def _system() -> list[Field]:
    return [
        _only_read("Id", "Record ID", "id", 18),
        _only_read("IsDeleted", "Deleted", "boolean"),
        _only_read("CreatedDate", "Created Date", "datetime"),
        _ref("CreatedById", "Created By ID", "User", system=True),
        _only_read("LastModifiedDate", "Last Modified Date", "datetime"),
        _ref("LastModifiedById", "Last Modified By ID", "User", system=True),
        _only_read("SystemModstamp", "System Modstamp", "datetime"),
    ]


def _kind(
    name: str, label: str, prefix: str, *fields: Field, title: str = "Name", createable: bool = True
) -> Kind:
    kind = Kind(name, label, prefix, title=title, createable=createable)
    kind.add(*_system(), *fields)
    return kind


def _case(settings: SalesforceSettings) -> Kind:
    is_external = settings.external_id != "none"
    case = _kind(
        "Case",
        "Case",
        "500",
        _only_read("CaseNumber", "Case Number", "string", 30),
        _ref("ContactId", "Contact ID", "Contact"),
        _ref("AccountId", "Account ID", "Account"),
        _ref("ParentId", "Parent Case ID", "Case"),
        Field("SuppliedName", "Web Name", length=80),
        Field("SuppliedEmail", "Web Email", "email", 80),
        Field("SuppliedPhone", "Web Phone", "string", 40),
        Field("SuppliedCompany", "Web Company", length=80),
        Field("Type", "Case Type", "picklist", choices=("Question", "Problem", "Feature Request")),
        Field(
            "Status",
            "Status",
            "picklist",
            choices=("New", "Working", "Escalated", "Waiting on Customer", "Closed"),
            default="New",
        ),
        Field(
            "Reason", "Case Reason", "picklist", choices=("Installation", "Performance", "Feedback", "Other")
        ),
        Field("Origin", "Case Origin", "picklist", choices=("Phone", "Email", "Web", "Chat")),
        Field("Priority", "Priority", "picklist", choices=("High", "Medium", "Low"), default="Medium"),
        Field("Subject", "Subject"),
        _long("Description", "Description", settings.description_length),
        _only_read("IsClosed", "Closed", "boolean"),
        _only_read("ClosedDate", "Closed Date", "datetime"),
        Field("IsEscalated", "Escalated", "boolean", default=False),
        _ref("OwnerId", "Owner ID", "Group", "User"),
        Field("Comments", "Internal Comments", "textarea", 4000, updateable=False, filterable=False),
        _only_read("ContactEmail", "Contact Email", "email", 80),
        _only_read("ContactPhone", "Contact Phone", "phone", 40),
        Field(
            settings.external_id_field,
            "Handoff Id",
            length=64,
            external_id=is_external,
            unique=settings.external_id == "unique",
        ),
        Field("Topic__c", "Topic", "picklist", choices=("Billing", "Delivery")),
        Field("Attempts__c", "Attempts", "double", 18),
        Field("Consent__c", "Consent", "boolean", default=False),
        Field("Due__c", "Due", "date"),
        title="CaseNumber",
    )
    case.children = {
        "CaseComments": ("CaseComment", "ParentId"),
        "Cases": ("Case", "ParentId"),
        "ContentDocumentLinks": ("ContentDocumentLink", "LinkedEntityId"),
        "Feeds": ("FeedItem", "ParentId"),
    }
    return case


def _people() -> list[Kind]:
    contact = _kind(
        "Contact",
        "Contact",
        "003",
        Field("LastName", "Last Name", length=80, required=True),
        Field("FirstName", "First Name", length=40),
        _only_read("Name", "Full Name", "string", 121),
        _ref("AccountId", "Account ID", "Account"),
        Field("Email", "Email", "email", 80),
        Field("Phone", "Business Phone", "phone", 40),
        Field("MobilePhone", "Mobile Phone", "phone", 40),
        Field("Title", "Title", length=128),
        Field("Department", "Department", length=80),
        Field("MailingCity", "Mailing City", length=40),
        _long("Description", "Contact Description", 32_000),
        Field("Customer_Number__c", "Customer Number", length=40, external_id=True, unique=True),
    )
    contact.children = {"Cases": ("Case", "ContactId")}
    account = _kind(
        "Account",
        "Account",
        "001",
        Field("Name", "Account Name", required=True),
        Field("Phone", "Account Phone", "phone", 40),
        Field("Website", "Website", "url"),
        Field("AccountNumber", "Account Number", length=40),
        Field("Industry", "Industry", "picklist", choices=("Energy", "Retail", "Technology")),
        _long("Description", "Account Description", 32_000),
    )
    account.children = {"Contacts": ("Contact", "AccountId"), "Cases": ("Case", "AccountId")}
    user = _kind(
        "User",
        "User",
        "005",
        Field("Username", "Username", length=80),
        Field("Name", "Full Name", length=121),
        Field("Email", "Email", "email", 128),
        Field("IsActive", "Active", "boolean", default=True),
        createable=False,
    )
    group = _kind(
        "Group",
        "Group",
        "00G",
        Field("Name", "Name", length=40),
        Field("DeveloperName", "Developer Name", length=80),
        Field("Type", "Type", "picklist", 40, choices=("Queue",)),
        createable=False,
    )
    return [contact, account, user, group]


def _said(settings: SalesforceSettings) -> list[Kind]:
    return [
        _kind(
            "CaseComment",
            "Case Comment",
            "00a",
            _ref("ParentId", "Parent ID", "Case", required=True, fixed=True),
            Field("IsPublished", "Published", "boolean", default=False),
            Field(
                "CommentBody",
                "Body",
                "textarea",
                4000,
                required=True,
                filterable=False,
                in_bytes=settings.comments_in_bytes,
            ),
            title="Id",
        ),
        _kind(
            "FeedItem",
            "Feed Item",
            "0D5",
            _ref("ParentId", "Parent ID", "Case", "Contact", "Account", required=True, fixed=True),
            Field("Body", "Body", "textarea", 10_000, filterable=False),
            Field(
                "Type",
                "Feed Item Type",
                "picklist",
                40,
                choices=("TextPost", "LinkPost"),
                default="TextPost",
                updateable=False,
            ),
            Field("Title", "Title"),
            Field("LinkUrl", "Link Url", "url", 1000),
            Field("IsRichText", "Is Rich Text", "boolean", default=False),
            Field(
                "Visibility",
                "Visibility",
                "picklist",
                40,
                choices=("AllUsers", "InternalUsers"),
                default="AllUsers",
            ),
            title="Id",
        ),
    ]


def _files(settings: SalesforceSettings) -> list[Kind]:
    return [
        _kind(
            "ContentVersion",
            "Content Version",
            "068",
            _ref("ContentDocumentId", "ContentDocument ID", "ContentDocument", fixed=True),
            Field("Title", "Title"),
            Field("PathOnClient", "Path On Client", length=500, required=True, updateable=False),
            Field(
                "VersionData",
                "Version Data",
                "base64",
                settings.largest_file,
                required=True,
                updateable=False,
                filterable=False,
            ),
            _ref("FirstPublishLocationId", "First Publish Location ID", *_PLACES, fixed=True),
            _long("Description", "Description", 1000),
            _only_read("FileExtension", "File Extension", "string", 40),
            _only_read("FileType", "File Type", "string", 20),
            _only_read("ContentSize", "Size", "int", 9),
            _only_read("IsLatest", "Is Latest", "boolean"),
            _only_read("VersionNumber", "Version Number", "string", 20),
            title="Title",
        ),
        _kind(
            "ContentDocument",
            "Content Document",
            "069",
            Field("Title", "Title"),
            _only_read("FileExtension", "File Extension", "string", 40),
            _only_read("ContentSize", "Size", "int", 9),
            _only_read("LatestPublishedVersionId", "Latest Published Version ID", "id", 18),
            title="Title",
            createable=False,
        ),
        _kind(
            "ContentDocumentLink",
            "Content Document Link",
            "06A",
            _ref("LinkedEntityId", "Linked Entity ID", *_PLACES, required=True, fixed=True),
            _ref("ContentDocumentId", "ContentDocument ID", "ContentDocument", required=True, fixed=True),
            Field("ShareType", "Share Type", "picklist", 40, choices=("V", "C", "I"), default="V"),
            Field(
                "Visibility",
                "Visibility",
                "picklist",
                40,
                choices=("AllUsers", "InternalUsers", "SharedUsers"),
                default="AllUsers",
            ),
            title="Id",
        ),
    ]


def _of_the_org() -> list[Kind]:
    return [
        _kind(
            "CaseStatus",
            "Case Status Value",
            "01J",
            Field("MasterLabel", "Master Label"),
            Field("ApiName", "API Name"),
            Field("SortOrder", "Sort Order", "int", 9),
            Field("IsClosed", "Is Closed", "boolean"),
            Field("IsDefault", "Is Default", "boolean"),
            title="MasterLabel",
            createable=False,
        ),
        _kind(
            "Organization",
            "Organization",
            "00D",
            Field("Name", "Name", length=80),
            Field("IsSandbox", "Is Sandbox", "boolean"),
            createable=False,
        ),
    ]


def kinds_of(settings: SalesforceSettings) -> dict[str, Kind]:
    """Every kind of object by its name. Raises ``ValueError`` for settings that name none of the fields."""
    made = [_case(settings), *_people(), *_said(settings), *_files(settings), *_of_the_org()]
    kinds = {one.name: one for one in made}
    for name in settings.required_fields:
        known = kinds["Case"].fields.get(name)
        if known is None:
            raise ValueError(f"cases have no field {name!r} that could be required")
    for path in settings.hidden_fields:
        kind, _, name = path.partition(".")
        if kind not in kinds or kinds[kind].fields.pop(name, None) is None:
            raise ValueError(f"there is no field {path!r} that could be hidden")
    return kinds
