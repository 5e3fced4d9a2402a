"""Sendcloud's half of the sandbox: the API of version 3, its OAuth2 door, and an account to work in."""
