"""Automations: what a member of the team, the end of a conversation or a missed request sets off."""
