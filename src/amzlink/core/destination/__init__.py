"""Orders as they go on to the destination."""
