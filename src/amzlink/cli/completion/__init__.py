"""Completion in bash, zsh and fish: the shell asks `amzlink --complete` for the words that can stand next."""
