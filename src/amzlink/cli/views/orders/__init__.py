"""Orders as they are shown: looked at, imported, exported."""
