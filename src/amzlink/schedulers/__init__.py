"""The machine's schedulers, which start amzlink regularly: systemd, cron, launchd, Windows' Task Scheduler."""
