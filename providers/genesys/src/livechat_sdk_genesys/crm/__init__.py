"""External contacts of Genesys Cloud: ``GENESYS_CRM``."""
