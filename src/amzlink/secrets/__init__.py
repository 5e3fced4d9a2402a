"""Where a store's secrets come from: the environment, files, systemd's credentials, or the system's keyring.

A secret is never in the configuration, never in an option's value and never in a message. Without a keyring amzlink
says so; it does not fall back to a plain file of its own. `connect` writes files where a person asks for them, and all
other commands find those by the environment.
"""
