"""The Containerfile, as far as it can be checked without a container engine. `make test-dist` runs its steps."""

import re
import tomllib
from pathlib import Path

from scripts.containerfile import let_in, steps

ROOT = Path(__file__).resolve().parents[2]
STEPS = list(steps(ROOT / "Containerfile"))
LAST = max(step.stage for step in STEPS)
PAGE = (ROOT / "docs" / "container.md").read_text("utf-8")


def of_the_image(name: str) -> list[list[str]]:
    return [step.words for step in STEPS if step.stage == LAST and step.name == name]


def sources() -> list[str]:
    return [word for step in STEPS if step.name == "COPY" and "--from" not in step.text for word in step.words[:-1]]


def test_it_copies_what_is_there_and_a_build_sees_nothing_else() -> None:
    assert all((ROOT / source).exists() for source in sources())
    for file in (".containerignore", ".dockerignore"):
        assert sorted(let_in(ROOT / file)) == sorted(sources())


def test_no_repository_and_no_secret_goes_in() -> None:
    assert not {".", ".git", "tests"} & set(sources())
    for step in STEPS:
        if step.name in ("ENV", "ARG"):
            assert not re.search(r"SECRET|TOKEN|PASSWORD|KEY", step.text), step


def test_what_is_built_is_what_the_metadata_allow() -> None:
    python = next(step.text.partition("=")[2] for step in STEPS if step.name == "ARG")
    assert {step.words[0] for step in STEPS if step.name == "FROM"} == {"docker.io/library/python:${PYTHON}-slim"}
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["classifiers"]
    assert f"Programming Language :: Python :: {python}" in classifiers
    assert [step for step in STEPS if "pip install" in step.text and "--constraint constraints.txt" in step.text]


def test_the_image_is_used_by_a_user_without_rights_and_keeps_one_volume() -> None:
    [[user]] = of_the_image("USER")
    uid, gid = user.split(":")
    assert int(uid) == int(gid) > 1000
    assert ["AMZLINK_HOME=/data"] in of_the_image("ENV")
    assert of_the_image("VOLUME") == [["/data"]]
    [made] = of_the_image("RUN")
    assert {f"--owner={uid}", f"--group={gid}", "--mode=0700", "/data", "/keys"} <= set(made)
    names = [step.name for step in STEPS if step.stage == LAST]
    assert names.index("RUN") < names.index("USER") < names.index("VOLUME")
    assert of_the_image("HEALTHCHECK") == [["NONE"]]
    assert f"`{uid}`" in PAGE


def test_an_engine_stops_it_with_the_signal_that_the_command_handles() -> None:
    """A container's first process gets no signal that it does not handle, so SIGTERM would be lost without `--init`."""
    assert of_the_image("STOPSIGNAL") == [["SIGINT"]]


def test_it_starts_one_command_and_no_timer() -> None:
    assert of_the_image("ENTRYPOINT") == [["[amzlink]"]]
    assert not [step for step in STEPS if re.search(r"\bcron|systemd|apt-get", step.text)]
