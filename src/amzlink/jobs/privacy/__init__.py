"""Keeping personal data no longer than allowed."""
