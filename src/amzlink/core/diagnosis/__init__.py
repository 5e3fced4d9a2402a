"""What verify checks, and what the answers mean."""
