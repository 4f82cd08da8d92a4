"""What Dynamics sees to when a row is made or changed: defaults, states, customers, notes, duplicates."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from livechat_sdk_simulators.calls import VendorError
from livechat_sdk_simulators.dynamics.errors import bad_argument
from livechat_sdk_simulators.dynamics.rows import Reference, Row, Rows
from livechat_sdk_simulators.dynamics.settings import DynamicsSettings
from livechat_sdk_simulators.dynamics.tables import Table

__all__ = ["Rules"]

_STATE_WRONG: Final = "0x80048408"
_DUPLICATE: Final = (
    "A record was not created or updated because a duplicate of the current record already exists."
)
_REFUSED: Final = "0x80040265"
_RESOLVED: Final = 1
_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "contact": {"preferredcontactmethodcode": 1, "donotemail": False},
    "account": {"creditonhold": False},
    "incident": {"prioritycode": 2, "severitycode": 1, "isescalated": False},
    "annotation": {"isdocument": False},
}
_ALIKE: Final = {
    "contact": (("emailaddress1",), ("firstname", "lastname")),
    "account": (("emailaddress1",), ("name",)),
}


class Rules:
    """The rules of one environment. Each method raises ``VendorError``, and then nothing has changed."""

    def __init__(self, rows: Rows, settings: DynamicsSettings, user_id: str) -> None:
        self._rows = rows
        self._settings = settings
        self._user = Reference("systemuser", user_id)

    # ---------------------------------------------------------------------------------------- making
    def to_make(self, table: Table, given: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a new row."""
        if given.get("statecode") not in {None, 0}:
            raise bad_argument(
                f"{given['statecode']} is not a valid state of a new {table.name}.", _STATE_WRONG
            )
        values = {**_DEFAULTS.get(table.name, {}), **given}
        if "statecode" in table.columns:
            values["statecode"] = 0
            values["statuscode"] = self._status(table, 0, given.get("statuscode"))
        if "createdby" in table.columns:
            values |= {"createdby": self._user, "ownerid": values.get("ownerid") or self._user}
        self._see_to(table, values, values)
        if table.name == "incident":
            values["ticketnumber"] = values.get("ticketnumber") or self._rows.number()
        return values

    def _status(self, table: Table, state: int, asked: object) -> int:
        choices = [one for one in table.columns["statuscode"].choices if one.state == state]
        if asked is None:
            return choices[0].value
        if asked not in {one.value for one in choices}:
            text = f"{asked} is not a valid status code for state code {state} on {table.name}."
            raise bad_argument(text, _STATE_WRONG)
        return int(str(asked))

    def _see_to(self, table: Table, values: dict[str, Any], given: Mapping[str, Any]) -> None:
        if table.name == "contact" and {"firstname", "lastname"} & given.keys():
            parts = (values.get("firstname"), values.get("lastname"))
            values["fullname"] = " ".join(str(one) for one in parts if one) or None
        elif table.name == "incident":
            self._check_customer(values)
        elif table.name == "annotation":
            self._check_note(values)

    def _check_customer(self, values: Mapping[str, Any]) -> None:
        customer, person = values.get("customerid"), values.get("primarycontactid")
        if not isinstance(customer, Reference):
            raise bad_argument("You should specify a parent contact or account.")
        if (
            customer.table == "account"
            and isinstance(person, Reference)
            and self._settings.contact_of_account
        ):
            contact = self._rows.need("contact", person.id)
            if contact.values.get("parentcustomerid") != customer:
                text = (
                    "The specified contact doesn't belong to the account that was specified as the customer."
                )
                raise bad_argument(text, _REFUSED)

    def _check_note(self, values: dict[str, Any]) -> None:
        target, content = values.get("objectid"), values.get("documentbody")
        values["objecttypecode"] = target.table if isinstance(target, Reference) else None
        if content is None:
            values["filesize"] = None
            return
        try:
            size = len(base64.b64decode(str(content), validate=True))
        except (binascii.Error, ValueError) as error:
            raise bad_argument("The documentbody is no base64.", "0x80048d19") from error
        if size > self._settings.largest_file:
            raise bad_argument("The attachment is either not a valid type or is too large.", "0x80044a02")
        values["filesize"] = size

    # -------------------------------------------------------------------------------------- changing
    def to_change(self, row: Row, given: Mapping[str, Any]) -> dict[str, Any]:
        """The values that change."""
        table, values = row.table, dict(given)
        if table.name == "incident":
            self._check_case(row, values)
        if {"statecode", "statuscode"} & values.keys() and "statecode" in table.columns:
            state = values.get("statecode")
            state = row.values["statecode"] if state is None else state
            values["statuscode"] = self._status(table, state, values.get("statuscode"))
            values["statecode"] = state
        after = {**row.values, **values}
        self._see_to(table, after, values)
        return {
            name: value for name, value in after.items() if row.values.get(name) != value or name in values
        }

    def _check_case(self, row: Row, values: Mapping[str, Any]) -> None:
        state = values.get("statecode")
        if state == _RESOLVED and row.values["statecode"] != _RESOLVED and not self._settings.plain_resolve:
            raise bad_argument(
                "This message can not be used to set the state of incident to Resolved. In order to set "
                "state of incident to Resolved, use the CloseIncident message instead.",
                _STATE_WRONG,
            )
        if row.values["statecode"] != 0 and state != 0:
            raise bad_argument(
                "This case has already been resolved or cancelled, and is read-only.", _REFUSED
            )
        if "ticketnumber" in values and values["ticketnumber"] != row.values["ticketnumber"]:
            raise bad_argument("The ticket number of a case cannot be changed.")

    def close_case(self, row: Row, status: object) -> dict[str, Any]:
        """The values with which a case is resolved."""
        if row.values["statecode"] != 0:
            raise bad_argument("This case has already been resolved or cancelled.", _REFUSED)
        if isinstance(status, bool) or not isinstance(status, int):
            raise bad_argument("The parameter Status is an Int32.", "0x80048d19")
        status = None if status == -1 else status  # the usual status
        return {"statecode": _RESOLVED, "statuscode": self._status(row.table, _RESOLVED, status)}

    # ------------------------------------------------------------------------------------ duplicates
    def check_duplicates(self, table: Table, values: Mapping[str, Any], row: Row | None) -> None:
        """Refuse a person or a company that is there already, by the rules out of the box."""
        for names in _ALIKE.get(table.name, ()):
            wanted = {name: values.get(name) for name in names}
            if all(wanted.values()) and any(
                other is not row and other.values.get("statecode") == 0
                for other in self._rows.of(table.name)
                if all(_folded(other.values.get(name)) == _folded(value) for name, value in wanted.items())
            ):
                raise VendorError(500, "0x80040333", _DUPLICATE)


def _folded(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value
