"""Routing as ``livechat explain route`` and ``livechat diff`` work it out: by the settings alone."""
