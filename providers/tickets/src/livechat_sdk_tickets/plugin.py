"""The plugin module that the entry point ``tickets`` of the group ``livechat_sdk`` names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.integration import IntegrationContext, IntegrationType

__all__ = ["livechat_integration_types"]


def _zendesk(context: IntegrationContext, settings: Any) -> object:
    from livechat_sdk_tickets.zendesk.system import ZendeskTicketing  # brings the HTTP client along

    return ZendeskTicketing(context, settings)


def _dynamics(context: IntegrationContext, settings: Any) -> object:
    from livechat_sdk_tickets.dynamics.system import DynamicsTicketing  # brings the HTTP client along

    return DynamicsTicketing(context, settings)


def _freshdesk(context: IntegrationContext, settings: Any) -> object:
    from livechat_sdk_tickets.freshdesk.system import FreshdeskTicketing  # brings the HTTP client along

    return FreshdeskTicketing(context, settings)


def _jira(context: IntegrationContext, settings: Any) -> object:
    from livechat_sdk_tickets.jira.system import JiraTicketing  # brings the HTTP client along

    return JiraTicketing(context, settings)


def _servicenow(context: IntegrationContext, settings: Any) -> object:
    from livechat_sdk_tickets.servicenow.system import ServiceNowTicketing  # brings the HTTP client along

    return ServiceNowTicketing(context, settings)


def _salesforce(context: IntegrationContext, settings: Any) -> object:
    from livechat_sdk_tickets.salesforce.system import SalesforceTicketing  # brings the HTTP client along

    return SalesforceTicketing(context, settings)


@hookimpl
def livechat_integration_types() -> Iterable[IntegrationType]:
    """Offer the ticket systems."""
    return (
        IntegrationType(
            type="ZENDESK_TICKETING",
            kind="ticketing",
            settings="livechat_sdk_tickets.zendesk.settings:ZendeskTicketingSettings",
            build=_zendesk,
            summary="tickets in Zendesk Support",
        ),
        IntegrationType(
            type="DYNAMICS_TICKETING",
            kind="ticketing",
            settings="livechat_sdk_tickets.dynamics.settings:DynamicsTicketingSettings",
            build=_dynamics,
            summary="cases in Dynamics 365 Customer Service",
        ),
        IntegrationType(
            type="FRESHDESK_TICKETING",
            kind="ticketing",
            settings="livechat_sdk_tickets.freshdesk.settings:FreshdeskTicketingSettings",
            build=_freshdesk,
            summary="tickets in Freshdesk",
        ),
        IntegrationType(
            type="JIRA_SERVICE_MANAGEMENT_TICKETING",
            kind="ticketing",
            settings="livechat_sdk_tickets.jira.settings:JiraTicketingSettings",
            build=_jira,
            summary="requests in Jira Service Management Cloud",
        ),
        IntegrationType(
            type="SERVICENOW_TICKETING",
            kind="ticketing",
            settings="livechat_sdk_tickets.servicenow.settings:ServiceNowTicketingSettings",
            build=_servicenow,
            summary="incidents or cases in ServiceNow",
        ),
        IntegrationType(
            type="SALESFORCE_TICKETING",
            kind="ticketing",
            settings="livechat_sdk_tickets.salesforce.settings:SalesforceTicketingSettings",
            build=_salesforce,
            summary="cases in Salesforce Service Cloud",
        ),
    )
