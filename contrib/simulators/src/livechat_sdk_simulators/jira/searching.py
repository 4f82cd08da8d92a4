"""The call that searches for issues, and the one that was taken away."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.jira.errors import PlatformError, bad_payload, usual
from livechat_sdk_simulators.jira.finding import Finder, Seen
from livechat_sdk_simulators.jira.jql import parse
from livechat_sdk_simulators.jira.paging import json_body, number, platform
from livechat_sdk_simulators.jira.state import Issue

if TYPE_CHECKING:
    from livechat_sdk_simulators.jira.simulator import JiraSimulator

__all__ = ["Searching"]

_KEYS: Final = (
    "jql",
    "fields",
    "maxResults",
    "nextPageToken",
    "expand",
    "properties",
    "fieldsByKeys",
    "reconcileIssues",
)
_LARGEST: Final = 5000
_LONGEST: Final = 100_000


@dataclass(frozen=True, slots=True)
class _Asked:
    jql: str
    fields: Sequence[str]
    most: int
    token: str
    reconcile: Sequence[str]


class Searching:
    """The calls, on one site."""

    def __init__(self, jira: JiraSimulator) -> None:
        self._jira = jira
        self._pages: dict[str, tuple[str, int]] = {}
        """By token: the query and where its next page begins."""

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            *platform("find", "GET", "/search/jql", self.by_query),
            *platform("find", "POST", "/search/jql", self.by_body),
            *platform("other", "GET", "/search", self.gone),
            *platform("other", "POST", "/search", self.gone),
        ]

    async def gone(self, call: Call) -> Response:
        """The older search."""
        raise usual(410)

    async def by_query(self, call: Call) -> Response:
        """Search, by the parameters of the address."""
        pairs = call.request.query_params.multi_items()
        fields = [one for name, value in pairs if name == "fields" for one in value.split(",") if one]
        reconcile = [value for name, value in pairs if name == "reconcileIssues" and value]
        query = call.query
        return self._answer(
            call,
            _Asked(
                query.get("jql", ""),
                fields,
                number(call, "maxResults", self._jira.settings.page_size),
                query.get("nextPageToken", ""),
                reconcile,
            ),
        )

    async def by_body(self, call: Call) -> Response:
        """Search, by a body."""
        body = json_body(call, _KEYS)
        most: object = body.get("maxResults", self._jira.settings.page_size)
        jql, token = body.get("jql", ""), body.get("nextPageToken") or ""
        fields, reconcile = _texts(body, "fields"), _texts(body, "reconcileIssues")
        if isinstance(most, bool) or not isinstance(most, int) or not isinstance(jql, str):
            raise bad_payload()
        return self._answer(call, _Asked(jql, fields, most, str(token), reconcile))

    def _answer(self, call: Call, asked: _Asked) -> Response:
        if len(asked.jql) > _LONGEST:
            raise PlatformError(400, "The JQL query is too long.")
        if not 0 < asked.most <= _LARGEST:
            raise PlatformError(400, f"maxResults must be between 1 and {_LARGEST}.")
        found = self.found(asked.jql, asked.reconcile)
        start = 0
        if asked.token:
            jql, start = self._pages.get(asked.token, ("", -1))
            if start < 0 or jql != asked.jql:
                raise PlatformError(400, "The nextPageToken is not valid.")
        version = self._jira.version_of(call)
        page = found[start : start + asked.most]
        shown: dict[str, Any] = {"issues": [self._shown(one, version, asked.fields) for one in page]}
        shown["isLast"] = start + asked.most >= len(found)
        if not shown["isLast"]:
            token = secrets.token_urlsafe(12)
            self._pages[token] = (asked.jql, start + asked.most)
            shown["nextPageToken"] = token
        return json_answer(shown)

    def _shown(self, issue: Issue, version: str, fields: Sequence[str]) -> Mapping[str, Any]:
        """An issue; where no fields were asked for, its id alone."""
        return self._jira.shown.issue(issue, version, fields) if fields else {"id": issue.id}

    def found(self, jql: str, reconcile: Sequence[str] = ()) -> list[Issue]:
        """What a query finds now. Raises ``VendorError``."""
        query = parse(jql)
        finder = Finder(self._jira.site, self._jira.user.account_id)
        finder.check(query)
        seen = [
            (index, issue)
            for issue in reversed(self._jira.site.issues.values())
            if issue.key not in self._jira.hidden
            and (index := self._jira.site.indexed(issue, reconciled=issue.id in reconcile)) is not None
            and (query.where is None or finder.fits(query.where, index))
        ]
        for name, descending in reversed(query.order):
            seen.sort(key=partial(_by, finder.sorting(name)), reverse=descending)
        return [issue for _, issue in seen]


def _by(key: Callable[[Seen], tuple[int, str]], one: tuple[Seen, Issue]) -> tuple[int, str]:
    return key(one[0])


def _texts(body: Mapping[str, Any], name: str) -> list[str]:
    values: object = body.get(name) or []
    if not isinstance(values, list):
        raise bad_payload()
    return [str(one) for one in cast("list[object]", values)]
