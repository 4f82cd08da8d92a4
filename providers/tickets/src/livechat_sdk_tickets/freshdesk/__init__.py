"""``FRESHDESK_TICKETING``: tickets through Freshdesk's API, version 2."""
