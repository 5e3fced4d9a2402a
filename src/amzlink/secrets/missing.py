"""What is said of a secret that is not where amzlink looks for it."""

from pathlib import Path

from amzlink.problems import Problem, ProblemName, store_option
from amzlink.secrets.names import SecretName, spoken, variable_end


def secret_missing(slug: str, name: SecretName, file: Path | None) -> Problem:
    """`secret-missing`; `file` has the secret all the same where `connect` has written it and no variable names it."""
    missing = Problem(
        ProblemName.SECRET_MISSING,
        name=spoken(name),
        store=slug,
        store_option=store_option(slug),
        variable=variable_end(slug, name),
    )
    return with_folder_of(file, missing, slug) if file else missing


def with_folder_of(file: Path, problem: Problem, slug: str) -> Problem:
    """The problem with the folder in which the store's secrets are: its next step then shows the variables."""
    return problem.with_facts(advice=file.parent, store_option=store_option(slug))
