"""What a process has used."""

import resource


def cpu_seconds() -> float:
    """User and system time of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_bytes() -> int:
    """The most memory that was resident at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
