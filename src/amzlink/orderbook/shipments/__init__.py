"""Parcels, and the outbox to Amazon."""
