"""The program's entry. `--version` is answered before anything heavy is loaded."""

import sys

from amzlink import __version__
from amzlink.cli.shell.garbage_collection import loading
from amzlink.cli.shell.streams import make_ready


def main() -> int:
    """Run the command line of this process."""
    loading()
    make_ready()
    argv = sys.argv[1:]
    if argv == ["--version"]:
        sys.stdout.write(f"amzlink {__version__}\n")
        return 0
    from amzlink.cli.main import run  # noqa: PLC0415 - the line above is why
    from amzlink.cli.shell.ctrl_c import make_sure_it_arrives  # noqa: PLC0415
    from amzlink.cli.shell.protection import protect  # noqa: PLC0415

    protect()
    make_sure_it_arrives()

    return run(argv)


if __name__ == "__main__":
    sys.exit(main())
