"""What starts programs by itself on a machine: systemd, cron, launchd, Windows' Task Scheduler."""
