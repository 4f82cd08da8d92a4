"""Cases in Dynamics 365 Customer Service: ``DYNAMICS_TICKETING``, through the Dataverse Web API."""
