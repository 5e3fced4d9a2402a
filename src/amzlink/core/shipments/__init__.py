"""Parcels, and their confirmation to Amazon."""
