"""Orders: their facts, what holds them back, and how changes come in."""
