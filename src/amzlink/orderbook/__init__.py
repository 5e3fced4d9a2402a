"""The database of imported orders."""
