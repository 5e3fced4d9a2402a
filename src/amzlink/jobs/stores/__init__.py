"""The connected stores and their settings."""
