"""The thin client of Amazon's Selling Partner API."""
