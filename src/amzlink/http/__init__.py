"""How any service is called over HTTP, and what is checked when it cannot be reached."""
