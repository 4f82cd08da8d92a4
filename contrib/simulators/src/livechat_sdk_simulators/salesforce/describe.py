"""What Salesforce says of its kinds of objects."""

from __future__ import annotations

from typing import Any

from livechat_sdk_simulators.salesforce.schema import Field, Kind

__all__ = ["described", "field_described", "summary"]


def summary(kind: Kind, address: str) -> dict[str, Any]:
    """A kind in the list of all."""
    path = f"{address}/sobjects/{kind.name}"
    return {
        "name": kind.name,
        "label": kind.label,
        "labelPlural": f"{kind.label}s",
        "keyPrefix": kind.prefix,
        "custom": False,
        "createable": kind.createable,
        "updateable": kind.createable,
        "deletable": kind.createable,
        "queryable": True,
        "searchable": True,
        "urls": {"sobject": path, "describe": f"{path}/describe", "rowTemplate": f"{path}/{{ID}}"},
    }


def described(kind: Kind, address: str, *, restricted: bool) -> dict[str, Any]:
    """A kind with its fields. ``restricted``: values outside a list are refused."""
    children = [
        {"childSObject": child, "field": field, "relationshipName": name, "cascadeDelete": False}
        for name, (child, field) in kind.children.items()
    ]
    return {
        **summary(kind, address),
        "fields": [field_described(one, restricted=restricted) for one in kind.fields.values()],
        "childRelationships": children,
        "recordTypeInfos": [
            {
                "active": True,
                "available": True,
                "defaultRecordTypeMapping": True,
                "master": True,
                "name": "Master",
            }
        ],
    }


def field_described(field: Field, *, restricted: bool) -> dict[str, Any]:
    """A field."""
    choices = [
        {"active": True, "defaultValue": one == field.default, "label": one, "validFor": None, "value": one}
        for one in field.choices
    ]
    textual = field.type in {"string", "textarea", "picklist", "email", "phone", "url", "reference", "id"}
    return {
        "name": field.name,
        "label": field.label,
        "type": field.type,
        "length": field.length if textual else 0,
        "custom": field.custom,
        "createable": field.createable,
        "updateable": field.updateable,
        "nillable": not field.required and field.type not in {"boolean", "id"},
        "defaultedOnCreate": field.default is not None or field.type in {"boolean", "id"},
        "defaultValue": field.default,
        "externalId": field.external_id,
        "idLookup": field.external_id or field.name == "Id",
        "unique": field.unique,
        "filterable": field.filterable,
        "sortable": field.filterable,
        "picklistValues": choices,
        "restrictedPicklist": restricted and field.type == "picklist",
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship,
        "inlineHelpText": None,
    }
