"""When a question is asked, what Enter answers, and what is taken where it is not asked."""

from collections.abc import Callable, Sequence
from typing import Final

from amzlink.core.stores.countries import Marketplace
from amzlink.core.stores.draft import Draft, Key, Service, State, Unproved
from amzlink.core.stores.question_type import Kept

USUAL_TOKEN_LENGTH: Final = 200  # characters; Amazon's refresh tokens have several hundred


def present(state: State) -> Draft:
    """The store as it is connected already; an empty draft for a new one."""
    return state.present or Draft()


def others(state: State) -> Sequence[Marketplace]:
    """The region's marketplaces that can be added: where the account sells, as far as Amazon tells."""
    chosen, selling = state.draft.marketplaces, selling_in(state)
    region = [each for each in state.atlas.marketplaces if chosen and each.region == chosen[0].region]
    return [each for each in region if each not in chosen and (selling is None or each.id in selling)]


def selling_in(state: State) -> Sequence[str] | None:
    """The marketplaces where the account sells, by id; None where Amazon did not tell."""
    outcome = state.outcomes.get(Service.AMAZON)
    return None if outcome is None or outcome is Unproved.ACCEPTED else outcome.selling_in


def to_sendcloud(state: State) -> bool:
    """Whether orders go to Sendcloud."""
    return state.draft.destination == "sendcloud"


def app_is_asked_about(state: State) -> bool:
    """Whether an app may still be missing."""
    return state.present is None and not (state.draft.client_id and state.draft.refresh_token)


def token_is_short(state: State) -> bool:
    """Whether a token that somebody pasted may have been cut off."""
    token = state.draft.refresh_token
    return state.attended and token is not None and len(token) < USUAL_TOKEN_LENGTH


def integration_is_unknown(state: State) -> bool:
    """Whether nobody asks Sendcloud for the keys' integration."""
    unproved = not state.verify or state.outcomes.get(Service.SENDCLOUD) is Unproved.ACCEPTED
    return to_sendcloud(state) and unproved


def more_can_be_added(state: State) -> bool:
    """Whether the link is proved and the region has other marketplaces."""
    outcome = state.outcomes.get(Service.AMAZON)
    proved = outcome is not None and outcome is not Unproved.ACCEPTED
    return proved and not state.draft.amazon_sandbox and bool(others(state))


def files_are_offered(state: State) -> bool:
    """Whether there is no keyring, and a secret that will be asked for has no other place."""
    if state.keyring_fault is None or state.draft.secrets_folder or (state.some_are_given and state.slug is None):
        return False
    wanted = {Key.CLIENT_SECRET, Key.REFRESH_TOKEN} | ({Key.SENDCLOUD_SECRET_KEY} if to_sendcloud(state) else set())
    return not wanted <= state.elsewhere | state.kept


def folder_is_asked_for(state: State) -> bool:
    """Whether secrets go to files."""
    return bool(state.draft.write_files)


def kept(key: Key) -> Callable[[State], object]:
    """Enter keeps the secret that the connected store has."""
    return lambda state: Kept.PRESENT if key in state.kept else None


def usual_name(state: State) -> str | None:
    """The connected store's name, else one made from the country."""
    chosen = state.draft.marketplaces
    return present(state).name or (f"Amazon {chosen[0].name}" if chosen else None)


def usual_destination(state: State) -> str:
    """What Enter answers: the connected store's destination, for a new one Sendcloud."""
    if state.draft.sendcloud_public_key or state.draft.sendcloud_secret_key:
        return "sendcloud"
    return present(state).destination or "sendcloud"


def destination_unasked(state: State) -> str:
    """Where nobody is asked, orders go to Sendcloud only if its keys are given, or went there before."""
    given = state.draft.sendcloud_public_key or state.draft.sendcloud_secret_key
    return "sendcloud" if given else present(state).destination or "none"
