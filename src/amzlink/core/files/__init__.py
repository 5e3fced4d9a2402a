"""Files that a person or a program has made."""
