"""Owning the data: erasing and exporting what is kept about a person, and not keeping it for ever."""
