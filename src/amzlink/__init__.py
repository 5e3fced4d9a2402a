"""amzlink links an Amazon seller account to the Sendcloud shipping platform."""

__version__ = "0.1.0"
