"""The tables of the environment, as they come out of the box, with two columns of an own solution."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from livechat_sdk_simulators.dynamics.settings import DynamicsSettings
from livechat_sdk_simulators.dynamics.tables import Choice, Collection, Column, Table

__all__ = ["tables_of"]

_STATES: Final = (Choice(0, "Active", "Ενεργό"), Choice(1, "Inactive", "Ανενεργό"))
_STATUSES: Final = (Choice(1, "Active", "Ενεργό", 0), Choice(2, "Inactive", "Ανενεργό", 1))


def _text(name: str, length: int = 100, required: str = "None", *, writable: bool = True) -> Column:
    return Column(name, "text", length, required=required, writable=writable)


def _choice(name: str, *choices: Choice) -> Column:
    return Column(name, "choice", choices=choices)


def _lookup(name: str, **targets: str) -> Column:
    return Column(name, "lookup", targets=targets)


def _common(
    key: str, states: Iterable[Choice] = _STATES, statuses: Iterable[Choice] = _STATUSES
) -> list[Column]:
    return [
        Column(key, "key", required="SystemRequired"),
        Column("createdon", "moment", writable=False),
        Column("modifiedon", "moment", writable=False),
        Column("createdby", "lookup", targets={"createdby": "systemuser"}, writable=False),
        Column("ownerid", "lookup", targets={"ownerid": "systemuser"}),
        Column("statecode", "state", choices=tuple(states)),
        Column("statuscode", "status", choices=tuple(statuses)),
    ]


def _table(
    name: str, entity_set: str, title: str, columns: Iterable[Column], *collections: Collection, key: str = ""
) -> Table:
    return Table(name, entity_set, key or f"{name}id", title, {one.name: one for one in columns}, collections)


def tables_of(settings: DynamicsSettings) -> dict[str, Table]:
    """The tables by their names."""
    tables = [_contact(), _account(), _incident(settings), _annotation(), *_activities(), *_people()]
    if settings.sales:
        tables.append(_opportunity())
    known = {one.name: one for one in tables}
    if settings.alternate_keys:
        known["incident"].keys.append(("new_handoffid",))
        known["account"].keys.append(("accountnumber",))
    return known


def _contact() -> Table:
    return _table(
        "contact",
        "contacts",
        "fullname",
        [
            *_common("contactid"),
            _text("fullname", 160, writable=False),
            _text("firstname", 50),
            _text("lastname", 50, "ApplicationRequired"),
            _text("jobtitle"),
            *(_text(f"emailaddress{one}") for one in (1, 2, 3)),
            *(_text(one, 50) for one in ("mobilephone", "telephone1", "telephone2", "telephone3", "home2")),
            _text("externaluseridentifier", 50),
            Column("description", "memo", 2000),
            Column("birthdate", "day"),
            Column("donotemail", "flag"),
            Column("creditlimit", "decimal"),
            _choice(
                "preferredcontactmethodcode",
                Choice(1, "Any", "Οποιοδήποτε"),
                Choice(2, "Email"),
                Choice(3, "Phone"),
            ),
            _choice("new_tier", Choice(100000000, "Gold", "Χρυσό"), Choice(100000001, "Silver", "Ασημένιο")),
            _lookup(
                "parentcustomerid", parentcustomerid_account="account", parentcustomerid_contact="contact"
            ),
        ],
        Collection("incident_customer_contacts", "incident", "customerid"),
        Collection("Contact_Annotation", "annotation", "objectid"),
        Collection("Contact_Tasks", "task", "regardingobjectid"),
        Collection("opportunity_customer_contacts", "opportunity", "customerid"),
    )


def _account() -> Table:
    return _table(
        "account",
        "accounts",
        "name",
        [
            *_common("accountid"),
            _text("name", 160, "ApplicationRequired"),
            _text("accountnumber", 20),
            _text("emailaddress1"),
            _text("telephone1", 50),
            _text("websiteurl", 200),
            Column("description", "memo", 2000),
            Column("revenue", "decimal"),
            Column("creditonhold", "flag"),
            _choice("industrycode", Choice(1, "Accounting"), Choice(6, "Brokers"), Choice(12, "Consulting")),
            _choice("accountcategorycode", Choice(1, "Preferred Customer"), Choice(2, "Standard")),
            _lookup("primarycontactid", primarycontactid="contact"),
            _lookup("parentaccountid", parentaccountid="account"),
        ],
        Collection("contact_customer_accounts", "contact", "parentcustomerid"),
        Collection("incident_customer_accounts", "incident", "customerid"),
        Collection("Account_Tasks", "task", "regardingobjectid"),
        Collection("Account_Annotation", "annotation", "objectid"),
    )


_CASE_STATES: Final = (
    Choice(0, "Active", "Ενεργή"),
    Choice(1, "Resolved", "Επιλυμένη"),
    Choice(2, "Cancelled", "Ακυρωμένη"),
)
_CASE_STATUSES: Final = (
    Choice(1, "In Progress", "Σε εξέλιξη", 0),
    Choice(2, "On Hold", "Σε αναμονή", 0),
    Choice(3, "Waiting for Details", "Αναμονή στοιχείων", 0),
    Choice(4, "Researching", "Σε έρευνα", 0),
    Choice(5, "Problem Solved", "Το πρόβλημα λύθηκε", 1),
    Choice(1000, "Information Provided", "Δόθηκαν πληροφορίες", 1),
    Choice(6, "Cancelled", "Ακυρωμένη", 2),
    Choice(2000, "Merged", "Συγχωνευμένη", 2),
)
_ORIGINS: Final = (
    Choice(1, "Phone", "Τηλέφωνο"),
    Choice(2, "Email"),
    Choice(3, "Web"),
    Choice(2483, "Facebook"),
    Choice(3986, "Twitter"),
    Choice(700610000, "IoT"),
)


def _incident(settings: DynamicsSettings) -> Table:
    return _table(
        "incident",
        "incidents",
        "title",
        [
            *_common("incidentid", _CASE_STATES, _CASE_STATUSES),
            _text("title", 200, "ApplicationRequired"),
            Column("description", "memo", settings.description_length),
            _text("ticketnumber"),
            _text("emailaddress"),
            _text("new_handoffid", 100),
            _choice(
                "prioritycode",
                Choice(1, "High", "Υψηλή"),
                Choice(2, "Normal", "Κανονική"),
                Choice(3, "Low", "Χαμηλή"),
            ),
            _choice("severitycode", Choice(1, "Default Value")),
            _choice("caseorigincode", *_ORIGINS),
            _choice(
                "casetypecode", Choice(1, "Question", "Ερώτηση"), Choice(2, "Problem"), Choice(3, "Request")
            ),
            Column("isescalated", "flag"),
            Column(
                "customerid",
                "lookup",
                targets={"customerid_contact": "contact", "customerid_account": "account"},
                required="SystemRequired",
            ),
            _lookup("primarycontactid", primarycontactid="contact"),
            _lookup("subjectid", subjectid="subject"),
        ],
        Collection("Incident_Annotation", "annotation", "objectid"),
        Collection("Incident_Tasks", "task", "regardingobjectid"),
        Collection("Incident_IncidentResolutions", "incidentresolution", "incidentid"),
    )


def _annotation() -> Table:
    return _table(
        "annotation",
        "annotations",
        "subject",
        [
            *[one for one in _common("annotationid") if one.kind not in {"state", "status"}],
            _text("subject", 500),
            Column("notetext", "memo", 100_000),
            Column("isdocument", "flag"),
            _text("filename", 255),
            _text("mimetype", 256),
            Column("documentbody", "memo", 1_073_741_823),
            Column("filesize", "integer", writable=False),
            _text("objecttypecode", 64),
            _lookup(
                "objectid",
                objectid_incident="incident",
                objectid_contact="contact",
                objectid_account="account",
            ),
        ],
    )


def _activities() -> list[Table]:
    task = _table(
        "task",
        "tasks",
        "subject",
        [
            *_common(
                "activityid",
                (Choice(0, "Open"), Choice(1, "Completed"), Choice(2, "Canceled")),
                (
                    Choice(2, "Not Started", state=0),
                    Choice(5, "Completed", state=1),
                    Choice(6, "Canceled", state=2),
                ),
            ),
            _text("subject", 400),
            Column("description", "memo", 2000),
            Column("scheduledend", "moment"),
            _lookup(
                "regardingobjectid",
                regardingobjectid_incident_task="incident",
                regardingobjectid_contact_task="contact",
                regardingobjectid_account_task="account",
            ),
        ],
        key="activityid",
    )
    resolution = _table(
        "incidentresolution",
        "incidentresolutions",
        "subject",
        [
            *[one for one in _common("activityid") if one.kind not in {"state", "status"}],
            _text("subject", 200),
            Column("description", "memo", 2000),
            Column("timespent", "integer"),
            _lookup("incidentid", incidentid="incident"),
        ],
        key="activityid",
    )
    return [task, resolution]


def _people() -> list[Table]:
    named = (
        ("systemuser", "systemusers", "fullname"),
        ("team", "teams", "name"),
        ("subject", "subjects", "title"),
    )
    return [
        _table(
            name,
            entity_set,
            title,
            [Column(f"{name}id", "key"), _text(title, 200), _text("internalemailaddress")],
        )
        for name, entity_set, title in named
    ]


def _opportunity() -> Table:
    return _table(
        "opportunity",
        "opportunities",
        "name",
        [
            *_common(
                "opportunityid",
                (Choice(0, "Open", "Ανοιχτή"), Choice(1, "Won", "Κερδισμένη"), Choice(2, "Lost", "Χαμένη")),
                (
                    Choice(1, "In Progress", state=0),
                    Choice(2, "On Hold", state=0),
                    Choice(3, "Won", state=1),
                    Choice(4, "Canceled", state=2),
                    Choice(5, "Out-Sold", state=2),
                ),
            ),
            _text("name", 300, "ApplicationRequired"),
            Column("estimatedvalue", "decimal"),
            Column("estimatedclosedate", "day"),
            Column("closeprobability", "integer"),
            _text("stepname", 200),
            _lookup("customerid", customerid_contact="contact", customerid_account="account"),
            _lookup("parentcontactid", parentcontactid="contact"),
            _lookup("parentaccountid", parentaccountid="account"),
        ],
    )
