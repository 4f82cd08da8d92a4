"""Requests in Jira Service Management Cloud: ``JIRA_SERVICE_MANAGEMENT_TICKETING``, through its own API."""
