"""Analytics: figures of live chats in a period, computed from the desk's own tables."""
