"""`config.toml`: the stores and their settings. No secret is in it.

The file is read into frozen structs; keys that this version does not know survive a rewrite.
"""
