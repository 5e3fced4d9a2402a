"""Taking orders in, and looking at them."""
