"""Sendcloud, where orders go and parcels come from: a thin client, one file per subject."""
