"""``CSV_CONTACTS``: who the end user is, from a file with one contact a line.

The plainest CRM there is: an export of a spreadsheet. The file is read when it is first needed and again
whenever it has changed.
"""

from __future__ import annotations

import threading

from livechat_sdk.domain.people import Contact, EndUser
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.policies.builtin_settings import CSV_CONTACTS, CsvContactsSettings
from livechat_sdk.policies.contact_table import ContactTable, FileState, read_contacts, state_of
from livechat_sdk.provider.integration import IntegrationContext

__all__ = ["CSV_CONTACTS", "CsvContacts", "CsvContactsSettings"]


class CsvContacts:
    """The contacts of one file, for the hooks about contacts; their ``source`` is the integration's name.

    Its hooks are ``def``: they read a file, so they run in the thread pool of the plugin.
    """

    def __init__(self, context: IntegrationContext, settings: CsvContactsSettings) -> None:
        self._context = context
        self._path = settings.path
        self._lock = threading.Lock()
        self._state: FileState | None = None
        self._table = ContactTable(())

    @property
    def name(self) -> str:
        """The integration's name in the settings."""
        return self._context.name

    @hookimpl
    def livechat_find_contact(self, user: EndUser, bot: str) -> Contact | None:
        """The contact with the end user's id, else e-mail address, else phone number.

        An address or number that several contacts share finds none of them: the wrong person's data is
        worse than none. Raises ``ConfigurationError`` when the file cannot be read.
        """
        return self._told(self._current().find(user))

    @hookimpl
    def livechat_get_contact(self, source: str, contact_id: str) -> Contact | None:
        """The contact with this id, when ``source`` is this integration."""
        return self._told(self._current().get(contact_id)) if source == self.name else None

    def _told(self, contact: Contact | None) -> Contact | None:
        return contact and contact.model_copy(update={"found_at": self._context.now()})

    def _current(self) -> ContactTable:
        """What the file holds now; reads it only when it is another one than before."""
        with self._lock:
            if self._state is None or self._state != state_of(self._path, self.name):
                self._state = None  # should the next line raise, the next call tries again
                self._state, self._table = read_contacts(self._path, source=self.name)
            return self._table
