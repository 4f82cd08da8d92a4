"""Tickets in Zendesk Support: ``ZENDESK_TICKETING``, through the Ticketing API."""
