"""The durable record: handoffs, messages with their fates, lanes of actions, timers."""
