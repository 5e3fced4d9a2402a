"""Personal data: how long it stays, how it is sealed, what tax law keeps of it."""
