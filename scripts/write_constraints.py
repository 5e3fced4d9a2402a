"""Writes constraints.txt: the newest versions that amzlink takes today, as pip finds them for an empty environment.

Run it with the oldest Python that amzlink supports: a few packages are needed only there. Then run the tests with these
versions, and commit the file.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_HEAD = """\
# Versions with which amzlink was tested: `pip install --constraint constraints.txt .` takes these and no others.
# Written by scripts/write_constraints.py.
"""


def main() -> int:
    """Install into an empty environment, and write down what came."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = ",".join(project.get("optional-dependencies", ()))
    wanted = f"{ROOT}[{extras}]" if extras else str(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", wanted], check=True)
        listed = subprocess.run(
            [python, "-m", "pip", "list", "--format=json"], stdout=subprocess.PIPE, text=True, check=True
        )
    found = {
        package["name"].lower().replace("_", "-").replace(".", "-"): package for package in json.loads(listed.stdout)
    }
    lines = [
        f"{name}=={package['version']}\n"
        for name, package in sorted(found.items())
        if name not in ("amzlink", "pip", "setuptools")
    ]
    (ROOT / "constraints.txt").write_text(_HEAD + "".join(lines), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
