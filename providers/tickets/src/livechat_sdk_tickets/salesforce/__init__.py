"""Cases in Salesforce: ``SALESFORCE_TICKETING``, through the REST API."""
