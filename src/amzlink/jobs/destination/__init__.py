"""Handing orders on to Sendcloud."""
