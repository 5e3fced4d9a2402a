"""Personal data in the book: leases, deletion, archives."""
