"""Which stores the config file has, for what is said before a command runs."""

from collections.abc import Mapping

from amzlink.core.decoding import read_toml
from amzlink.core.stores.slug import is_slug
from amzlink.files.home import find_home
from amzlink.files.reading import read_file
from amzlink.problems import Problem


def store_names(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The stores' names by slug. Of a file that cannot be read there are none: the command says what is wrong."""
    try:
        tables = read_toml(read_file(find_home(environ).config_file)).get("stores")
    except (OSError, ValueError, Problem):
        return {}
    stores = tables if isinstance(tables, dict) else {}
    return {
        slug: str(table.get("name", "")) for slug, table in stores.items() if is_slug(slug) and isinstance(table, dict)
    }
