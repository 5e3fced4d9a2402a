"""The outbox to Sendcloud."""
