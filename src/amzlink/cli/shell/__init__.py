"""What every command shares: console, session, arguments, crash report."""
