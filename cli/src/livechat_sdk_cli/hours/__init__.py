"""Business hours as ``livechat explain hours`` shows them."""
