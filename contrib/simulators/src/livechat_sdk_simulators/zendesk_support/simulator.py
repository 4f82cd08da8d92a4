"""The simulator of Zendesk Support: its parts together, and what is the same in every call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from starlette.responses import PlainTextResponse, Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.clock import Clock, RealClock
from livechat_sdk_simulators.discovery import Vendor
from livechat_sdk_simulators.ids import new_id
from livechat_sdk_simulators.simulator import Simulator
from livechat_sdk_simulators.tokens import TokenStore
from livechat_sdk_simulators.zendesk_support.access import Access
from livechat_sdk_simulators.zendesk_support.account import Account
from livechat_sdk_simulators.zendesk_support.bodies import Body, warned
from livechat_sdk_simulators.zendesk_support.errors import RecordInvalid, bad_request, error_body, usual
from livechat_sdk_simulators.zendesk_support.human import ZendeskSupportHuman
from livechat_sdk_simulators.zendesk_support.organizations import Organizations
from livechat_sdk_simulators.zendesk_support.people import People
from livechat_sdk_simulators.zendesk_support.settings import ZendeskSupportSettings
from livechat_sdk_simulators.zendesk_support.shown import Shown
from livechat_sdk_simulators.zendesk_support.tickets import Tickets
from livechat_sdk_simulators.zendesk_support.uploads import Uploads

__all__ = ["ZendeskSupportSimulator", "vendor"]


class ZendeskSupportSimulator(Simulator):
    """Zendesk Support below ``/api/v2``, its tokens below ``/oauth``, and the people who work there."""

    name: ClassVar[str] = "zendesk-support"
    title: ClassVar[str] = "Zendesk Support"
    sends_webhooks: ClassVar[bool] = False

    def __init__(self, settings: ZendeskSupportSettings | None = None, clock: Clock | None = None) -> None:
        self.settings = settings or ZendeskSupportSettings()
        clock = clock or RealClock()
        self.shown = Shown(self.settings.base_url)
        self.account = Account(clock.now, self.shown.record)
        self.warnings: list[str] = []
        """What bodies had that Zendesk does not know, as the warnings said it."""
        self.uploads = Uploads(self)
        self.tickets = Tickets(self)
        self.people = People(self)
        self.organizations = Organizations(self)
        self.access = Access(self)
        super().__init__(
            clock, webhook_target=self.settings.webhook_target, webhook_path=self.settings.webhook_path
        )
        for secret in (self.settings.api_token, self.settings.client_secret):
            self.mask.learn(secret)
        self.tokens = TokenStore(clock, self.mask, self.settings.token_lifetime)
        self.human: ZendeskSupportHuman = ZendeskSupportHuman(self)  # pyright: ignore[reportIncompatibleVariableOverride] - never set again
        self._hire()

    def _hire(self) -> None:
        fields = {"name": "Livechat Bot", "email": self.settings.user_name, "role": "admin", "verified": True}
        self.people.make(Body("user", fields, fields), long_ago=True)

    def operations(self) -> Sequence[Operation]:
        """Everything that is simulated."""
        return [
            *self.access.operations(),
            *self.tickets.operations(),
            *self.people.operations(),
            *self.organizations.operations(),
            *self.uploads.operations(),
        ]

    def authorise(self, call: Call) -> None:
        """Ask for credentials, their reach and the limit of calls."""
        self.access.authorise(call)

    def problem(self, call: Call, error: VendorError) -> Response:
        """An error as Support has it: JSON, but plain text where it is the account's limit."""
        response: Response
        if error.status == 429 and "zendesk-ratelimit-per-ticket-updates" not in error.headers:  # noqa: PLR2004
            response = PlainTextResponse(error.message, 429)
        else:
            response = json_answer(error_body(error), error.status)
        response.headers.update(error.headers)
        response.headers["x-request-id"] = new_id("req")
        return response

    def usual_error(self, status: int) -> VendorError:
        """The error that a status stands for."""
        return RecordInvalid("base", "Something is not valid") if status == 422 else usual(status)  # noqa: PLR2004

    def too_large(self, limit: int) -> VendorError:
        """A body of more than ``limit`` bytes."""
        return usual(413)

    def finish(self, call: Call, response: Response) -> Response:
        """Every answer tells the limit, and has a number."""
        response.headers.update(self.access.headers())
        response.headers["x-request-id"] = new_id("req")
        return response

    # ---------------------------------------------------------------------------------- unknown keys
    def check_keys(self, body: Body) -> None:
        """Refuse keys that Zendesk does not know, where the settings want it so. Raises ``VendorError``."""
        if body.unpermitted and self.settings.unknown_keys == "refuse":
            raise bad_request(f"unknown keys: {', '.join(body.unpermitted)}", "UnpermittedKeys")

    def warn(self, body: Body, call: Call, response: Response) -> None:
        """Put the warning of a body on the answer, and keep it."""
        if warning := body.warning(call):
            self.check_keys(body)
            self.warnings.append(warning)
            warned(response, warning)

    # ----------------------------------------------------------------------------------- integrations
    def integration(self, kind: str = "ticketing") -> Mapping[str, object]:
        """What an integration of a kind (``ticketing``, ``crm``) needs to reach this simulator."""
        return self.integrations()[kind]

    def integrations(self) -> Mapping[str, Mapping[str, object]]:
        """The same for both kinds."""
        reach = {
            "baseUrl": self.settings.base_url,
            "clientId": self.settings.client_id,
            "clientSecret": self.settings.client_secret,
        }
        if self.settings.api_tokens:
            reach = {
                "baseUrl": self.settings.base_url,
                "userName": self.settings.user_name,
                "token": self.settings.api_token,
            }
        if self.settings.ca_file is not None:
            reach["caBundle"] = self.settings.ca_file
        return {
            "ticketing": {"type": "ZENDESK_TICKETING", **reach},
            "crm": {"type": "ZENDESK_CRM", **reach},
        }


def _make(settings: Mapping[str, Any], clock: Clock | None = None) -> ZendeskSupportSimulator:
    return ZendeskSupportSimulator(ZendeskSupportSettings.read(settings), clock)


vendor: Final = Vendor("zendesk-support", "Zendesk Support (tickets and people)", _make)
"""What the entry point names."""
