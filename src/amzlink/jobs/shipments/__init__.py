"""Collecting parcels, and confirming them to Amazon."""
