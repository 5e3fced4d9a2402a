"""Asks the package index whether a version in constraints.txt has a known vulnerability.

pip-audit asks. It passes over a version that the index has no answer for, and shows the traceback where there is no
network: neither may look like a good answer.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
_INDEX = "https://pypi.org/pypi/NAME/VERSION/json"
"""Where pip-audit asks. An index that only keeps copies of the packages may not have it."""


def main() -> int:
    """Ask, and say what came of it."""
    done = subprocess.run(
        [
            sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--progress-spinner", "off",
            "--format", "json", "--requirement", CONSTRAINTS,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = None
    code, lines = outcome(answer, done.stderr)
    print("\n".join(f"make audit: {line}" for line in lines), file=sys.stderr if code else sys.stdout)
    return code


def outcome(answer: dict[str, Any] | None, errors: str) -> tuple[int, list[str]]:
    """The exit code and what to print, from pip-audit's JSON (None if there was none) and its stderr."""
    if answer is None:
        reason = next(iter(reversed(errors.strip().splitlines())), "it printed nothing").strip()
        return 1, ["nothing was checked, because pip-audit failed. Its last line:", reason]
    packages = answer["dependencies"]
    lines = [
        f"{each['name']} {each['version']} has {found['id']}; "
        f"corrected in: {', '.join(found['fix_versions']) or 'no version'}"
        for each in packages
        for found in each.get("vulns", ())
    ]
    unknown = [each["name"] for each in packages if "skip_reason" in each]
    if unknown:
        lines.append(
            f"{len(unknown)} of {len(packages)} packages were not checked. {_INDEX} gave no answer about "
            f"{', '.join(unknown)}. Nothing is known about them. Try again on a machine that reaches this address."
        )
    if lines:
        return 1, lines
    return 0, [f"{len(packages)} packages checked, no known vulnerability."]


if __name__ == "__main__":
    sys.exit(main())
