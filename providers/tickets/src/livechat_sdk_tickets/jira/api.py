"""Jira Service Management's calls, one method each.

Requests, comments and files go through ``/rest/servicedeskapi``, which says who may read what; only the
search is Jira's own. Nothing in it knows a key of ours, so nothing that makes something is repeated here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from livechat_sdk.errors import ProtocolError, RejectedError, RetryableError
from livechat_sdk.http import Answer, BasicAuth, Limiter, Repeat, VendorClient
from livechat_sdk.http.redacting import excerpt
from livechat_sdk.http.retry_after import seconds_to_wait
from livechat_sdk_tickets.jira.pacing import Pace
from livechat_sdk_tickets.jira.settings import JiraTicketingSettings
from livechat_sdk_tickets.jira.wire import (
    WireComments,
    WireCustomer,
    WireCustomers,
    WireDesk,
    WireForm,
    WireIssue,
    WireIssues,
    WireRequest,
    WireUploads,
    classify,
    is_an_error,
    told,
)
from livechat_sdk_tickets.preparing import LoadedFile
from livechat_sdk_tickets.wire import read

__all__ = ["Api"]

_OK: Final = 200
_CREATED: Final = 201
_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_TOO_MANY: Final = 429
_PER_ISSUE: Final = "jira-per-issue-on-write"
_EXPERIMENTAL: Final = {"X-ExperimentalApi": "opt-in"}
_UPLOAD: Final = {**_EXPERIMENTAL, "X-Atlassian-Token": "no-check"}
_AT_ONCE: Final = 20
_PAGES: Final = 50
_DESK_API: Final = "rest/servicedeskapi"


class Api:
    """Calls of one service desk. ``operation`` is the name that an error gives to a call."""

    def __init__(self, provider: str, settings: JiraTicketingSettings) -> None:
        self.provider = provider
        self._desk = f"{_DESK_API}/servicedesk/{settings.service_desk_id}"
        self._limiter = Limiter(at_once=_AT_ONCE, per_operation=True)
        self._pace = Pace(provider)
        self._auth = BasicAuth(settings.user_name, settings.token[0])
        self.client = VendorClient(
            provider=provider,
            base_url=settings.base_url,
            auth=self._auth,
            classify=classify,
            limiter=self._limiter,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    # --------------------------------------------------------------------------------------------- requests
    async def create(self, content: Mapping[str, Any]) -> WireRequest | str:
        """Make a request; what Jira says when it refuses it. Not repeated unless it never left."""
        answer = await self.client.request(
            "create", "POST", f"{_DESK_API}/request", json=content, expect=(_CREATED, _BAD_REQUEST)
        )
        return self._told(answer) if answer.status == _BAD_REQUEST else read(WireRequest, answer)

    async def request(self, operation: str, key: str) -> WireRequest | None:
        """One request; ``None`` when it is not there, or not visible. Raises where the address is wrong."""
        path = f"{_DESK_API}/request/{key}"
        answer = await self._get(operation, path, expect=(_OK, _NOT_FOUND))
        if answer.status == _OK:
            return read(WireRequest, answer)
        if is_an_error(answer.content):
            return None
        raise RejectedError(
            "the address is wrong: look at baseUrl",
            provider=self.provider,
            operation=operation,
            status=answer.status,
            request_id=answer.request_id,
            sent=True,
        )

    async def search(self, jql: str, field: str) -> Sequence[WireIssue]:
        """The issues that JQL finds, with one field. What is new is found late, and what changed as well."""
        found: list[WireIssue] = []
        page: str | None = None
        for _ in range(_PAGES):
            asked: dict[str, Any] = {"jql": jql, "fields": [field], "maxResults": 50}
            answer = await self.client.request(
                "find",
                "POST",
                "rest/api/3/search/jql",
                json=asked if page is None else {**asked, "nextPageToken": page},
                repeat=Repeat.SAFE,
            )
            one = read(WireIssues, answer)
            found += one.issues
            page = one.next_page
            if page is None:
                return found
        raise ProtocolError("pages without an end", provider=self.provider, operation="find")

    # --------------------------------------------------------------------------------------------- comments
    async def comment(self, operation: str, key: str, body: str, *, public: bool) -> None:
        """Add a comment. Not repeated unless it never left."""
        await self._write(operation, key, "comment", {"body": body, "public": public})

    async def attach(
        self, operation: str, key: str, uploads: Sequence[str], body: str, *, public: bool
    ) -> None:
        """Add files that were handed over, with a comment. Not repeated unless it never left."""
        content = {
            "temporaryAttachmentIds": list(uploads),
            "public": public,
            "additionalComment": {"body": body},
        }
        await self._write(operation, key, "attachment", content)

    async def upload(self, file: LoadedFile) -> str:
        """Hand a file over; one that is not used is thrown away."""
        answer = await self.client.request(
            "attach",
            "POST",
            f"{self._desk}/attachTemporaryFile",
            files=[("file", (file.name, file.content, file.media_type))],
            headers=_UPLOAD,
            repeat=Repeat.SAFE,
        )
        return read(WireUploads, answer).files[0].id

    async def says(self, key: str, words: str) -> bool:
        """Whether a comment of a request has these words."""
        start = 0
        for _ in range(_PAGES):
            params = {"public": "true", "internal": "true", "start": str(start), "limit": "100"}
            page = read(WireComments, await self._get("read", f"{_DESK_API}/request/{key}/comment", params))
            if any(words in comment.body for comment in page.values):
                return True
            start += len(page.values)
            if page.is_last or not page.values:
                return False
        raise ProtocolError("pages without an end", provider=self.provider, operation="read")

    # -------------------------------------------------------------------------------------------- customers
    async def customers(self, email: str) -> Sequence[WireCustomer]:
        """The active customers of the desk with an address. Hidden addresses are not found."""
        answer = await self._get(
            "contact", f"{self._desk}/customer", {"query": email, "limit": "50"}, headers=_EXPERIMENTAL
        )
        wanted = email.casefold()
        values = read(WireCustomers, answer).values
        return [one for one in values if one.active and (one.email or "").casefold() == wanted]

    async def create_customer(self, name: str, email: str) -> str:
        """Make a customer of this desk. Raises ``RejectedError`` where there is one who cannot be seen."""
        answer = await self.client.request(
            "contact", "POST", f"{_DESK_API}/customer", json={"displayName": name, "email": email}
        )
        account = read(WireCustomer, answer).account_id
        await self.client.request(
            "contact", "POST", f"{self._desk}/customer", json={"accountIds": [account]}, repeat=Repeat.SAFE
        )
        return account

    # ---------------------------------------------------------------------------------------------- looking
    async def form(self, operation: str, request_type: str) -> WireForm:
        """The form of a request type: what is not on it is refused."""
        return read(WireForm, await self._get(operation, f"{self._desk}/requesttype/{request_type}/field"))

    async def desk(self) -> WireDesk:
        """The service desk."""
        return read(WireDesk, await self._get("check", self._desk))

    async def _write(self, operation: str, key: str, what: str, content: Mapping[str, Any]) -> None:
        await self._pace.turn(key, operation, self.client.clock)
        answer = await self.client.request(
            operation,
            "POST",
            f"{_DESK_API}/request/{key}/{what}",
            json=content,
            expect=(_CREATED, _TOO_MANY),
        )
        if answer.status == _TOO_MANY:
            raise self._too_many(answer)
        answer.object()

    def _too_many(self, answer: Answer) -> RetryableError:
        """The error for a 429; one about a single issue stops nobody else."""
        now = self.client.clock.now()
        wish = seconds_to_wait(answer.headers.get("retry-after"), now)
        if wish is not None and answer.headers.get("ratelimit-reason") != _PER_ISSUE:
            self._limiter.slow_down(answer.operation, wish, now)
        return RetryableError(
            f"not now (status {answer.status}): {self._told(answer)}",
            provider=self.provider,
            operation=answer.operation,
            status=answer.status,
            request_id=answer.request_id,
            retry_after=wish,
            sent=True,
        )

    def _told(self, answer: Answer) -> str:
        """What an error says, without secrets."""
        return excerpt(told(answer.content).encode(), self._auth.secrets()) or f"status {answer.status}"

    async def _get(
        self,
        operation: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        expect: Collection[int] | None = None,
    ) -> Answer:
        return await self.client.request(
            operation, "GET", path, params=params, headers=headers, repeat=Repeat.SAFE, expect=expect
        )
