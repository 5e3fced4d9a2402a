"""How results look, to a person and to a program."""
