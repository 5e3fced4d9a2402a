"""Orders in the book."""
