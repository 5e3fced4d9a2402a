"""What is known of a store while it is being connected. Nothing of it is stored before the link is proved."""

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from amzlink.core.store_choices import Destination, Trigger
from amzlink.core.stores.countries import Atlas, Marketplace
from amzlink.problems import DEFAULT_FACTS, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amzlink.core.diagnosis.proof import Proof


class Key(Enum):
    """What is asked. The value is the name of the draft's field that takes the answer."""

    WRITE_FILES = "write_files"
    SECRETS_FOLDER = "secrets_folder"
    COUNTRY = "marketplaces"
    APP_IS_READY = "app_is_ready"
    APP_STEPS = "app_steps_done"
    SELLER_ID = "seller_id"
    CLIENT_ID = "client_id"
    CLIENT_SECRET = "client_secret"  # noqa: S105 - a field's name
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - a field's name
    TOKEN_IS_WHOLE = "token_is_whole"  # noqa: S105 - a field's name
    NAME = "name"
    IMPORT_WEIGHTS = "import_weights"
    UPDATE_STATUS_WHEN = "update_status_when"
    DESTINATION = "destination"
    SENDCLOUD_PUBLIC_KEY = "sendcloud_public_key"
    SENDCLOUD_SECRET_KEY = "sendcloud_secret_key"  # noqa: S105 - a field's name
    SENDCLOUD_INTEGRATION_ID = "sendcloud_integration_id"
    PURGE_DESTINATION = "purge_destination"
    MORE_COUNTRIES = "more_marketplaces"


class Service(Enum):
    """Who proves the answers."""

    AMAZON = "Amazon"
    SENDCLOUD = "Sendcloud"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The answers so far; None, or no marketplaces, is still open. The first marketplace is the store's country.

    `without_addresses`: the app need not have the role for names and addresses yet.
    """

    wanted_slug: str | None = None
    write_files: bool | None = None
    secrets_folder: str | None = None
    marketplaces: tuple[Marketplace, ...] = ()
    app_is_ready: bool | None = None
    app_steps_done: bool | None = None
    seller_id: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    token_is_whole: bool | None = None
    name: str | None = None
    import_weights: bool | None = None
    update_status_when: Trigger | None = None
    amazon_sandbox: bool = False
    without_addresses: bool = False
    destination: Destination | None = None
    sendcloud_public_key: str | None = None
    sendcloud_secret_key: str | None = field(default=None, repr=False)
    sendcloud_integration_id: int | None = None
    purge_destination: bool | None = None
    more_marketplaces: tuple[Marketplace, ...] | None = None

    def has(self, key: Key) -> bool:
        """Whether this is answered."""
        return getattr(self, key.value) not in (None, ())

    def with_answer(self, key: Key, value: object) -> "Draft":
        """The same with an answer."""
        answers: dict[str, object] = {key.value: value}
        return replace(self, **answers)  # type: ignore[arg-type]  # the question's parser makes what the field takes

    @property
    def all_marketplaces(self) -> tuple[Marketplace, ...]:
        """Those that were chosen first, and those that were added once the link was proved."""
        return (*self.marketplaces, *(self.more_marketplaces or ()))

    @property
    def page(self) -> str:
        """Where the apps of this country's merchants are managed."""
        return self.marketplaces[0].develop_apps_url if self.marketplaces else DEFAULT_FACTS["page"]

    def without_sendcloud(self) -> "Draft":
        """The same, with orders that do not go to Sendcloud."""
        return replace(
            self,
            destination="none",
            sendcloud_public_key=None,
            sendcloud_secret_key=None,
            sendcloud_integration_id=None,
        )

    def filled_from(self, present: "Draft") -> "Draft":
        """The same, with what is still open taken from the store as it is connected already; not its secrets."""
        taken = {
            key.value: getattr(present, key.value) for key in _TAKEN_OVER if not self.has(key) and present.has(key)
        }
        filled = replace(self, **taken, amazon_sandbox=self.amazon_sandbox or present.amazon_sandbox)
        return filled.with_sendcloud_of(present) if filled.destination == "sendcloud" else filled

    def with_sendcloud_of(self, present: "Draft") -> "Draft":
        """The same with the public key, if none is given; and with the integration, unless the keys are others."""
        public_key = self.sendcloud_public_key or present.sendcloud_public_key
        number = self.sendcloud_integration_id
        if public_key == present.sendcloud_public_key:
            number = number or present.sendcloud_integration_id
        return replace(self, sendcloud_public_key=public_key, sendcloud_integration_id=number)


_TAKEN_OVER: Final = (
    Key.COUNTRY, Key.SELLER_ID, Key.CLIENT_ID, Key.NAME, Key.IMPORT_WEIGHTS, Key.UPDATE_STATUS_WHEN, Key.DESTINATION,
)  # fmt: skip


class Unproved(Enum):
    """The person goes on without a proof."""

    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that decides what comes next.

    `slug` is the store's short name as far as it is known; `present` is the store as it is connected already.
    `elsewhere` are the secrets that this machine's environment gives, `kept` those that the connected store has.
    `keyring_fault` is what keeps the keyring from being used, and `usual_folder` is where files go instead,
    and `folder_in_use` where they go for sure. `some_are_given`: the environment gives a store's secrets, and it is not
    known yet whether this is that store.
    `again` are the questions to ask although they are answered, `settled` those that were answered here.
    `attended`: somebody can be asked. `assume_defaults`: what has a default is not asked. `verify`: ask the services.
    """

    atlas: Atlas
    draft: Draft = Draft()
    slug: str | None = None
    present: Draft | None = None
    elsewhere: frozenset[Key] = frozenset()
    kept: frozenset[Key] = frozenset()
    keyring_fault: Problem | None = None
    usual_folder: str = ""
    folder_in_use: str = ""
    some_are_given: bool = False
    again: frozenset[Key] = frozenset()
    settled: frozenset[Key] = frozenset()
    outcomes: "Mapping[Service, Proof | Unproved]" = field(default_factory=dict)
    attended: bool = True
    assume_defaults: bool = False
    verify: bool = True
