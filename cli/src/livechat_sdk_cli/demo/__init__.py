"""The demo: a bot, the desk and a chat page on this machine, for a person or for a script."""
