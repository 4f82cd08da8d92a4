"""Contacts of Zendesk Support: ``ZENDESK_CRM``, users with their organization and tickets."""
