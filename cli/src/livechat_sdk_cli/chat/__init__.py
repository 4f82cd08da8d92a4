"""``livechat chat``: a person is the end user, in the terminal, over the gateway's REST API."""
