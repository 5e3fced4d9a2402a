"""A job's runs, on one store or on many: in turn or at once, each with a result of its own."""
