"""When amzlink runs by itself, and the files by which systemd, cron, launchd and Windows know of it."""
