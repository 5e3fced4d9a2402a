"""Stores: their short names, and the values that are pasted while one is connected."""
