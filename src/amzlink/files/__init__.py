"""The four folders of amzlink, how files are written as a whole, and locks between processes.

Folders are 0700 and files 0600: what lies in them is nobody else's business, even where nothing in it is secret.
"""
