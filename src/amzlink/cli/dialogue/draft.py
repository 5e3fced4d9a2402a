"""What is known of a store to be connected: from options, from a file of secrets, from the store itself."""

import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from amzlink.amazon.marketplaces import BY_COUNTRY, BY_ID, MARKETPLACES, Marketplace, find_country
from amzlink.config import Store
from amzlink.core.stores.pasted_values import Wanted, check, clean
from amzlink.deps import Deps
from amzlink.jobs.connect import choose_slug, find_store, pick_secret
from amzlink.jobs.connect_proof import Answers, Destination, SendcloudLink, Trigger
from amzlink.problems import DEFAULT_FACTS, Problem, ProblemName

# What the countries are called at home, and a few other ways to write them.
_OTHER_NAMES: Final = {
    "america": "US", "belgië": "BE", "belgie": "BE", "belgique": "BE", "belgien": "BE", "brasil": "BR",
    "deutschland": "DE", "allemagne": "DE", "duitsland": "DE", "españa": "ES", "espana": "ES", "spanien": "ES",
    "england": "GB", "great britain": "GB", "frankreich": "FR", "frankrijk": "FR", "holland": "NL", "italia": "IT",
    "italien": "IT", "méxico": "MX", "nederland": "NL", "niederlande": "NL", "pays-bas": "NL", "polen": "PL",
    "polska": "PL", "sverige": "SE", "schweden": "SE", "the netherlands": "NL", "turkey": "TR", "turkiye": "TR",
    "uae": "AE", "usa": "US", "日本": "JP",
}  # fmt: skip

_SECRET_KEYS: Final = ("client_secret", "refresh_token", "sendcloud_secret_key")


@dataclass(slots=True, kw_only=True)
class Draft:
    """The answers so far; None, or no marketplaces, is still open. The first marketplace is the store's country."""

    wanted_slug: str | None = None
    marketplaces: tuple[Marketplace, ...] = ()
    seller_id: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    refresh_token: str | None = None
    name: str | None = None
    import_weights: bool | None = None
    update_status_when: Trigger | None = None
    amazon_sandbox: bool = False
    destination: Destination | None = None
    sendcloud_public_key: str | None = None
    sendcloud_secret_key: str | None = None
    sendcloud_integration_id: int | None = None
    purge_destination: bool | None = None

    @property
    def page(self) -> str:
        """Where the apps of this country's merchants are managed."""
        return self.marketplaces[0].develop_apps_url if self.marketplaces else DEFAULT_FACTS["page"]

    def check(self, wanted: Wanted, text: str) -> str:
        """A pasted value, cleaned. Raises as `credentials.check`."""
        value = check(wanted, text, BY_ID, page=self.page)
        if wanted == "Sendcloud secret key" and value == self.sendcloud_public_key:
            where = "The secret key stands beside it."
            raise Problem(ProblemName.SECRET_LOOKS_WRONG, wanted=wanted, found="the public key once more", where=where)
        return value

    def forget_sendcloud(self) -> None:
        """Orders do not go to Sendcloud after all."""
        self.destination = "none"
        self.sendcloud_public_key = self.sendcloud_secret_key = self.sendcloud_integration_id = None


def parse_countries(texts: Sequence[str]) -> tuple[Marketplace, ...]:
    """The marketplaces that countries' codes, names or marketplace ids mean, all of one region, each once.

    Raises:
        Problem: `usage` or `region-mixed`.
    """
    chosen: dict[str, Marketplace] = {}
    for text in filter(None, (text.strip() for text in texts)):
        marketplace = find_country(_OTHER_NAMES.get(text.casefold(), text)) or _find_shop(text)
        if marketplace is None:
            codes = ", ".join(sorted(BY_COUNTRY))
            raise _usage(f"“{text}” is no country in which Amazon has a marketplace: {codes}.")
        chosen[marketplace.id] = marketplace
    if len({marketplace.region for marketplace in chosen.values()}) > 1:
        raise Problem(ProblemName.REGION_MIXED, detail=", ".join(marketplace.name for marketplace in chosen.values()))
    return tuple(chosen.values())


def _find_shop(text: str) -> Marketplace | None:
    """The marketplace of a shop's address, `amazon.de` say."""
    host = text.casefold().removeprefix("https://").removeprefix("www.").rstrip("/")
    return next((marketplace for marketplace in MARKETPLACES if marketplace.shop == host), None)


def parse_integration_id(text: str) -> int:
    """The number of an integration. Raises `usage`."""
    cleaned = clean(text)
    if cleaned.isascii() and cleaned.isdecimal() and int(cleaned):
        return int(cleaned)
    raise _usage(
        f"“{text}” is no integration of Sendcloud's: it is a number, and it follows from the keys if left out."
    )


def read_secrets(source: str, draft: Draft) -> None:
    """Take the secrets out of a TOML file, or of standard input for `-`.

    Raises:
        Problem: `input-malformed`, or as `Draft.check`.
    """
    table = _read_toml(source)
    for key, value in table.items():
        if key not in _SECRET_KEYS or not isinstance(value, str):
            fault = "is no text" if key in _SECRET_KEYS else f"is not one of {', '.join(_SECRET_KEYS)}"
            raise Problem(ProblemName.INPUT_MALFORMED, file=source, detail=f"“{key}” {fault}")
    if "client_secret" in table:
        draft.client_secret = draft.check("client secret", table["client_secret"])
    if "refresh_token" in table:
        draft.refresh_token = draft.check("refresh token", table["refresh_token"])
    if "sendcloud_secret_key" in table:
        draft.sendcloud_secret_key = draft.check("Sendcloud secret key", table["sendcloud_secret_key"])


def find_connected(deps: Deps, draft: Draft) -> str | None:
    """The slug of the store that is meant, if it is connected already: the one named, or that of the same account."""
    config = deps.load_config()
    if draft.wanted_slug in config.stores:
        return draft.wanted_slug
    if not draft.seller_id or not draft.marketplaces:
        return None
    return find_store(
        config,
        draft.seller_id,
        draft.marketplaces[0].region,
        test=deps.endpoints_overridden,
        amazon_sandbox=draft.amazon_sandbox,
    )


def marketplaces_of(store: Store) -> tuple[Marketplace, ...]:
    """A store's marketplaces, its own country's first; ids that somebody made up are passed over."""
    known = [BY_ID[marketplace_id] for marketplace_id in store.marketplace_ids if marketplace_id in BY_ID]
    return tuple(sorted(known, key=lambda marketplace: marketplace.country != store.country))


def fill_from(store: Store, draft: Draft) -> None:
    """Take what is still open from a store that is connected already; its secrets are looked up later."""
    draft.marketplaces = draft.marketplaces or marketplaces_of(store)
    draft.seller_id = draft.seller_id or store.seller_id
    draft.client_id = draft.client_id or store.client_id
    draft.name = store.name if draft.name is None else draft.name
    draft.import_weights = store.import_weights if draft.import_weights is None else draft.import_weights
    draft.update_status_when = draft.update_status_when or store.update_status_when
    draft.amazon_sandbox = draft.amazon_sandbox or store.amazon_sandbox
    draft.destination = draft.destination or store.destination
    if draft.destination == "sendcloud":
        fill_sendcloud_from(store, draft)


def fill_sendcloud_from(store: Store, draft: Draft) -> None:
    """Take the public key, if none is given, and the integration, unless other keys may have another one."""
    draft.sendcloud_public_key = draft.sendcloud_public_key or store.sendcloud_public_key
    if draft.sendcloud_public_key == store.sendcloud_public_key:
        draft.sendcloud_integration_id = draft.sendcloud_integration_id or store.sendcloud_integration_id


def slug_of_draft(deps: Deps, draft: Draft, *, name: str | None = None) -> str | None:
    """The slug that the store has or will get; None as long as too little is known. Raises as `choose_slug`."""
    name = draft.name if name is None else name
    if draft.seller_id is None or name is None or not draft.marketplaces:
        return None
    return choose_slug(
        deps,
        draft.wanted_slug,
        name=name,
        seller_id=draft.seller_id,
        marketplace=draft.marketplaces[0],
        amazon_sandbox=draft.amazon_sandbox,
    )


def missing_options(deps: Deps, draft: Draft) -> list[str]:
    """The options without which the store cannot be connected. Raises as `choose_slug` and `pick_secret`."""
    slug = slug_of_draft(deps, draft)
    options: dict[str, object] = {
        "--name": draft.name is not None,
        "--country": bool(draft.marketplaces),
        "--seller-id": bool(draft.seller_id),
        "--client-id": bool(draft.client_id),
        "--secrets-from with client_secret": pick_secret(deps, slug, "client-secret", draft.client_secret),
        "--secrets-from with refresh_token": pick_secret(deps, slug, "refresh-token", draft.refresh_token),
    }
    if draft.destination == "sendcloud":
        secret = pick_secret(deps, slug, "sendcloud-secret-key", draft.sendcloud_secret_key)
        options |= {
            "--sendcloud-public-key": draft.sendcloud_public_key,
            "--secrets-from with sendcloud_secret_key": secret,
        }
    return [option for option, is_there in options.items() if not is_there]


def finish(deps: Deps, draft: Draft) -> Answers:
    """The answers, complete; what has a default gets it.

    Raises:
        Problem: `usage`, naming every option that is missing, or as `choose_slug` and `pick_secret`.
    """
    slug = slug_of_draft(deps, draft)
    client_secret = pick_secret(deps, slug, "client-secret", draft.client_secret)
    refresh_token = pick_secret(deps, slug, "refresh-token", draft.refresh_token)
    sendcloud = sendcloud_link(deps, draft, slug) if draft.destination == "sendcloud" else None
    complete = draft.client_id and (sendcloud or draft.destination != "sendcloud")
    if slug is None or client_secret is None or refresh_token is None or not complete:
        raise _usage(f"Missing: {', '.join(missing_options(deps, draft))}.")
    return Answers(
        slug=slug,
        name=draft.name or slug,
        marketplaces=draft.marketplaces,
        seller_id=draft.seller_id or "",
        client_id=draft.client_id or "",
        client_secret=client_secret,
        refresh_token=refresh_token,
        import_weights=draft.import_weights is not False,
        update_status_when=draft.update_status_when or "processed",
        amazon_sandbox=draft.amazon_sandbox,
        sendcloud=sendcloud,
        purge_destination=draft.purge_destination,
    )


def sendcloud_link(deps: Deps, draft: Draft, slug: str | None) -> SendcloudLink | None:
    """Sendcloud's keys, if both are there. Raises as `pick_secret`."""
    secret = pick_secret(deps, slug, "sendcloud-secret-key", draft.sendcloud_secret_key)
    if not draft.sendcloud_public_key or secret is None:
        return None
    return SendcloudLink(draft.sendcloud_public_key, secret, draft.sendcloud_integration_id)


def refuse_idle_keys(draft: Draft) -> None:
    """Raises `usage`, where something of Sendcloud's is given and the orders do not go there."""
    given = (draft.sendcloud_public_key, draft.sendcloud_secret_key, draft.sendcloud_integration_id)
    if draft.destination != "sendcloud" and any(given):
        raise _usage("Sendcloud's keys are given, but the orders do not go there: add --destination sendcloud.")


def _read_toml(source: str) -> dict[str, Any]:
    try:
        content = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return tomllib.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise Problem(
            ProblemName.INPUT_MALFORMED, file=source, detail=error.strerror or type(error).__name__
        ) from error
    except UnicodeDecodeError as error:
        raise Problem(ProblemName.INPUT_MALFORMED, file=source, detail="it is not text in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise Problem(ProblemName.INPUT_MALFORMED, file=source, detail=f"it is no TOML: {error}") from error


def _usage(detail: str) -> Problem:
    return Problem(ProblemName.USAGE, command="amzlink connect", detail=detail)
