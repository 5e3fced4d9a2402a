"""Listings and weights in the book."""
