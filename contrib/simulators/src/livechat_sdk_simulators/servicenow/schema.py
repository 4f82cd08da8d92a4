"""The tables of an instance, with their columns and choices as they come out of the box."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

__all__ = ["CASE", "INCIDENT", "INTEGER", "Column", "Kind", "Table", "tables_of"]

Kind = Literal["string", "integer", "boolean", "glide_date_time", "reference", "journal_input", "GUID"]

INCIDENT: Final = "incident"
INTEGER: Final = re.compile(r"-?[0-9]{1,15}")
"""A value that a column of whole numbers keeps."""
CASE: Final = "sn_customerservice_case"


@dataclass(frozen=True, slots=True)
class Column:
    """A column. Values are texts, whatever the kind."""

    name: str
    label: str
    kind: Kind = "string"
    most: int = 40
    """Characters that are kept; the rest of a longer text is lost without a word."""
    table: str = ""
    """Where a reference leads."""
    choices: Sequence[tuple[str, str]] = ()
    """Values and labels. Other values are kept too."""
    usual: str = ""
    """What it holds in a new row."""
    ours: bool = False
    """Whether only the system writes it."""


@dataclass(slots=True)
class Table:
    """A table."""

    name: str
    label: str
    columns: Mapping[str, Column]
    title: str
    """The column that shows a row where others lead to it."""
    prefix: str = ""
    """How numbers of its rows begin."""
    first_number: int = 10_001
    closed: frozenset[str] = frozenset()
    """States of tickets in which nothing is to be done any more."""
    resolved: str = ""
    """The state of tickets that are solved."""
    waiting: str = ""
    """The state of tickets that wait for whoever asked."""
    asks: str = ""
    """The column with whoever asked."""
    demanded: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Columns that a state demands."""

    @property
    def of_tickets(self) -> bool:
        """Whether its rows are tickets."""
        return bool(self.asks)


_SYSTEM: Final = (
    Column("sys_id", "Sys ID", "GUID", 32, ours=True),
    Column("sys_created_on", "Created", "glide_date_time", ours=True),
    Column("sys_created_by", "Created by", ours=True),
    Column("sys_updated_on", "Updated", "glide_date_time", ours=True),
    Column("sys_updated_by", "Updated by", ours=True),
    Column("sys_mod_count", "Updates", "integer", usual="0", ours=True),
    Column("sys_tags", "Tags", ours=True),
)
_LEVELS: Final = (("1", "1 - High"), ("2", "2 - Medium"), ("3", "3 - Low"))
_CHANNELS: Final = (
    ("chat", "Chat"),
    ("email", "Email"),
    ("phone", "Phone"),
    ("self-service", "Self-service"),
    ("virtual_agent", "Virtual Agent"),
    ("walk-in", "Walk-in"),
)
_NOTIFY: Final = (("1", "Do Not Notify"), ("2", "Send Email"))
_PRIORITIES: Final = (
    ("1", "1 - Critical"),
    ("2", "2 - High"),
    ("3", "3 - Moderate"),
    ("4", "4 - Low"),
    ("5", "5 - Planning"),
)
_TASK: Final = (
    Column("number", "Number"),
    Column("short_description", "Short description", most=160),
    Column("description", "Description", most=4000),
    Column("active", "Active", "boolean", usual="true"),
    Column("assigned_to", "Assigned to", "reference", 32, "sys_user"),
    Column("assignment_group", "Assignment group", "reference", 32, "sys_user_group"),
    Column("approval", "Approval", usual="not requested"),
    Column("business_service", "Service", "reference", 32, "cmdb_ci_service"),
    Column("closed_at", "Closed", "glide_date_time", ours=True),
    Column("closed_by", "Closed by", "reference", 32, "sys_user", ours=True),
    Column("close_notes", "Resolution notes", most=4000),
    Column("cmdb_ci", "Configuration item", "reference", 32, "cmdb_ci"),
    Column("comments", "Additional comments", "journal_input", 4000),
    Column("comments_and_work_notes", "Comments and Work notes", "journal_input", 4000, ours=True),
    Column("company", "Company", "reference", 32, "core_company"),
    Column("contact_type", "Channel", choices=_CHANNELS),
    Column("correlation_display", "Correlation display", most=100),
    Column("correlation_id", "Correlation ID", most=100),
    Column("due_date", "Due date", "glide_date_time"),
    Column("escalation", "Escalation", "integer", usual="0"),
    Column("impact", "Impact", "integer", choices=_LEVELS, usual="3"),
    Column("knowledge", "Knowledge", "boolean", usual="false"),
    Column("location", "Location", "reference", 32, "cmn_location"),
    Column("made_sla", "Made SLA", "boolean", usual="true"),
    Column("opened_at", "Opened", "glide_date_time"),
    Column("opened_by", "Opened by", "reference", 32, "sys_user"),
    Column("parent", "Parent", "reference", 32, "task"),
    Column("reassignment_count", "Reassignment count", "integer", usual="0"),
    Column("sys_class_name", "Task type", ours=True),
    Column("sys_domain", "Domain", usual="global", ours=True),
    Column("sys_domain_path", "Domain Path", usual="/", ours=True),
    Column("upon_approval", "Upon approval", usual="proceed"),
    Column("upon_reject", "Upon reject", usual="cancel"),
    Column("urgency", "Urgency", "integer", choices=_LEVELS, usual="3"),
    Column("user_input", "User input", most=4000),
    Column("watch_list", "Watch list", most=4000),
    Column("work_end", "Actual end", "glide_date_time"),
    Column("work_notes", "Work notes", "journal_input", 4000),
    Column("work_notes_list", "Work notes list", most=4000),
    Column("work_start", "Actual start", "glide_date_time"),
)
_INCIDENT_STATES: Final = (
    ("1", "New"),
    ("2", "In Progress"),
    ("3", "On Hold"),
    ("6", "Resolved"),
    ("7", "Closed"),
    ("8", "Canceled"),
)
_CLOSE_CODES: Final = tuple(
    (one, one)
    for one in (
        "Duplicate",
        "Known error",
        "No resolution provided",
        "Resolved by caller",
        "Resolved by change",
        "Resolved by problem",
        "Resolved by request",
        "Solution provided",
        "User error",
        "Workaround provided",
    )
)
_INCIDENT: Final = (
    *_TASK,
    Column("state", "State", "integer", choices=_INCIDENT_STATES, usual="1"),
    Column("incident_state", "Incident state", "integer", choices=_INCIDENT_STATES, ours=True),
    Column(
        "hold_reason",
        "On hold reason",
        "integer",
        choices=(
            ("1", "Awaiting Caller"),
            ("3", "Awaiting Problem"),
            ("4", "Awaiting Vendor"),
            ("5", "Awaiting Change"),
        ),
    ),
    Column("priority", "Priority", "integer", choices=_PRIORITIES, ours=True),
    Column("severity", "Severity", "integer", choices=_LEVELS, usual="3"),
    Column("caller_id", "Caller", "reference", 32, "sys_user"),
    Column(
        "category",
        "Category",
        choices=(
            ("inquiry", "Inquiry / Help"),
            ("software", "Software"),
            ("hardware", "Hardware"),
            ("network", "Network"),
            ("database", "Database"),
        ),
        usual="inquiry",
    ),
    Column("subcategory", "Subcategory", choices=(("email", "Email"), ("os", "Operating System"))),
    Column("close_code", "Resolution code", choices=_CLOSE_CODES),
    Column("notify", "Notify", "integer", choices=_NOTIFY, usual="1"),
    Column("parent_incident", "Parent Incident", "reference", 32, INCIDENT),
    Column("problem_id", "Problem", "reference", 32, "problem"),
    Column("reopen_count", "Reopen count", "integer", usual="0", ours=True),
    Column("resolved_at", "Resolved", "glide_date_time", ours=True),
    Column("resolved_by", "Resolved by", "reference", 32, "sys_user", ours=True),
    Column("u_language", "Language", choices=(("en", "English"), ("el", "Greek"))),
    Column("u_order", "Order number", most=20),
)
_CASE_STATES: Final = (
    ("1", "New"),
    ("10", "Open"),
    ("18", "Awaiting Info"),
    ("6", "Resolved"),
    ("3", "Closed"),
    ("7", "Cancelled"),
)
_CASE: Final = (
    *_TASK,
    Column("state", "State", "integer", choices=_CASE_STATES, usual="1"),
    Column("priority", "Priority", "integer", choices=_PRIORITIES[:4], usual="4"),
    Column("category", "Category", choices=(("0", "Question"), ("1", "Issue"), ("2", "Feature"))),
    Column("account", "Account", "reference", 32, "core_company"),
    Column("contact", "Contact", "reference", 32, "sys_user"),
    Column("consumer", "Consumer", "reference", 32, "csm_consumer"),
    Column("cause", "Cause", most=4000),
    Column(
        "resolution_code",
        "Resolution code",
        "integer",
        choices=(
            ("0", "Solved - Fixed by Support/Guidance provided"),
            ("1", "Solved - Workaround Provided"),
            ("14", "Not Solved - Duplicate"),
        ),
    ),
    Column("resolved_at", "Resolved", "glide_date_time", ours=True),
    Column("resolved_by", "Resolved by", "reference", 32, "sys_user", ours=True),
)
_USER: Final = (
    Column("user_name", "User ID"),
    Column("name", "Name", most=151, ours=True),
    Column("first_name", "First name", most=50),
    Column("last_name", "Last name", most=50),
    Column("email", "Email", most=100),
    Column("phone", "Business phone"),
    Column("mobile_phone", "Mobile phone"),
    Column("title", "Title", most=60),
    Column("employee_number", "Employee number"),
    Column("company", "Company", "reference", 32, "core_company"),
    Column("location", "Location", "reference", 32, "cmn_location"),
    Column("preferred_language", "Language"),
    Column("time_zone", "Time zone"),
    Column("vip", "VIP", "boolean", usual="false"),
    Column("active", "Active", "boolean", usual="true"),
    Column("locked_out", "Locked out", "boolean", usual="false"),
)
_COMPANY: Final = (
    Column("name", "Name", most=80),
    Column("number", "Number"),
    Column("phone", "Phone"),
    Column("website", "Website", most=1024),
    Column("customer", "Customer", "boolean", usual="false"),
    Column("notes", "Notes", most=4000),
)
_GROUP: Final = (
    Column("name", "Name", most=80),
    Column("description", "Description", most=1000),
    Column("email", "Group email", most=100),
    Column("active", "Active", "boolean", usual="true"),
)
_JOURNAL: Final = (
    Column("name", "Name"),
    Column("element", "Element"),
    Column("element_id", "Element ID", "GUID", 32),
    Column("value", "Value", most=4000),
)
_CHOICE: Final = (
    Column("name", "Table"),
    Column("element", "Element"),
    Column("value", "Value"),
    Column("label", "Label", most=60),
    Column("language", "Language", usual="en"),
    Column("sequence", "Sequence", "integer"),
    Column("inactive", "Inactive", "boolean", usual="false"),
)
_DICTIONARY: Final = (
    Column("name", "Table"),
    Column("element", "Column name"),
    Column("column_label", "Column label", most=80),
    Column("internal_type", "Type"),
    Column("max_length", "Max length", "integer"),
    Column("mandatory", "Mandatory", "boolean", usual="false"),
    Column("read_only", "Read only", "boolean", usual="false"),
    Column("reference", "Reference"),
    Column("active", "Active", "boolean", usual="true"),
)
_ATTACHMENT: Final = (
    Column("file_name", "File name", most=100),
    Column("content_type", "Content type", most=100),
    Column("size_bytes", "Size bytes", "integer"),
    Column("table_name", "Table name", most=80),
    Column("table_sys_id", "Table sys ID", "GUID", 32),
    Column("hash", "Hash", most=128),
    Column("state", "State", usual="available"),
    Column("compressed", "Compressed", "boolean", usual="false"),
    Column("size_compressed", "Size compressed", "integer"),
    Column("chunk_size_bytes", "Chunk size bytes", "integer"),
    Column("average_image_color", "Average image color"),
    Column("image_width", "Image width", "integer"),
    Column("image_height", "Image height", "integer"),
)


def _named(columns: Sequence[Column]) -> dict[str, Column]:
    return {one.name: one for one in (*_SYSTEM, *columns)}


def tables_of(*, cases: bool) -> dict[str, Table]:
    """Every table, by name."""
    made = [
        Table(
            INCIDENT,
            "Incident",
            _named(_INCIDENT),
            "number",
            prefix="INC",
            closed=frozenset({"7", "8"}),
            resolved="6",
            waiting="3",
            asks="caller_id",
            demanded={"6": ("close_code", "close_notes"), "7": ("close_code", "close_notes")},
        ),
        Table("sys_user", "User", _named(_USER), "name"),
        Table("sys_user_group", "Group", _named(_GROUP), "name"),
        Table("core_company", "Company", _named(_COMPANY), "name"),
        Table("sys_journal_field", "Journal Entry", _named(_JOURNAL), "value"),
        Table("sys_choice", "Choice", _named(_CHOICE), "label"),
        Table("sys_dictionary", "Dictionary Entry", _named(_DICTIONARY), "column_label"),
        Table("sys_attachment", "Attachment", _named(_ATTACHMENT), "file_name"),
    ]
    demanded = ("resolution_code", "close_notes")
    case = Table(
        CASE,
        "Case",
        _named(_CASE),
        "number",
        prefix="CS",
        closed=frozenset({"3", "7"}),
        resolved="6",
        waiting="18",
        asks="contact",
        demanded={"6": demanded, "3": demanded},
    )
    return {one.name: one for one in (*made, *([case] if cases else []))}
