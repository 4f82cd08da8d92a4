"""Records of ServiceNow: ``SERVICENOW_TICKETING``, incidents or cases, through the Table API."""
