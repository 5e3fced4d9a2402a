"""The longer texts of the set-up: what is shown with a question, and what is said after an answer."""

from collections.abc import Callable, Sequence
from typing import Final

from amzlink.core.stores.answer_rules import others, selling_in
from amzlink.core.stores.countries import names_of
from amzlink.core.stores.draft import Key, State
from amzlink.core.stores.pasted_values import is_usual_seller_id
from amzlink.core.stores.question_type import Choice, Paragraph

_APPS_PAGE: Final = "{intro} {{page}} (in Seller Central's menu: Apps and Services, Develop Apps)."
_IN_THE_PORTAL: Final = "Amazon's Solution Provider Portal has the same page, as Develop Apps Console."
_NO_MWS: Final = (
    "It takes the place of what older guides ask for: since March 2024 Amazon takes no Developer ID and no MWS auth "
    "token any more."
)
DATA_PROTECTION: Final = (
    "Amazon's Data Protection Policy applies to your own app too: you may keep buyers' names and addresses for at "
    "most 30 days after delivery. amzlink deletes what it stores in time. `amzlink explain data-protection` says what "
    "else the policy asks of you."
)
# In the words and the order of Amazon's pages (docs/services/amazon.md, "Authorising your own app").
_APP_STEPS: Final = (
    (
        "Sign in to Seller Central as the account's primary user. The account needs a Professional selling plan. In "
        "the menu, choose Apps and Services, Develop Apps. The page's address is {page}."
    ),
    (
        "The first time, Amazon asks for an account in its Solution Provider Portal, proof of your identity (about 20 "
        "minutes) and the developer profile. In the profile, choose private developer and three roles: Inventory and "
        "Order Tracking (orders), Product Listing (weights), Direct-to-Consumer Shipping (names and addresses)."
    ),
    (
        "Direct-to-Consumer Shipping, or Direct-to-Consumer Delivery on some pages, is a restricted role. Amazon shows "
        "a security form for it, and reviews your answers. That can take weeks."
    ),
    (
        "Choose Add new app client. Give it a name. API type: SP API. App type: Production. Business entity: Sellers. "
        "Roles: the three of step 2, as far as Amazon has granted them. PII delegation: No. Save. The app may stay a "
        "draft."
    ),
    "Choose View under LWA credentials. That shows the client id and the client secret.",
    (
        "Open the arrow beside Edit App and choose Authorize. On the page Manage Authorizations, choose Authorize app "
        "beside your account and region. That shows the refresh token, once only."
    ),
)
_WHILE_WAITING: Final = (
    (
        "In autumn 2026, sellers waited 30 days and more for the restricted role. Connect the app without it "
        "meanwhile: orders, weights and confirmations work. Orders arrive without names and addresses and stay on "
        "hold (no-address). Seller Central's file Unshipped orders has the addresses, and "
        "`amzlink import-orders --addresses FILE` reads them from it (`amzlink explain addresses`)."
    ),
    (
        "When Amazon has granted the role, add it to the app and save. Authorise the app again, and give amzlink the "
        "new refresh token with `amzlink connect --renew`. Tokens from before the role do not open addresses."
    ),
)
ANNOUNCED: Final = (
    "Warning: Amazon wants no confirmation before the parcel is handed over. It charges the buyer at that moment, and "
    "a confirmation cannot be taken back, not even when the label is cancelled."
)
TRIGGERS: Final = (
    Choice("processed", "processed at carrier: the carrier has the parcel (what Amazon asks for)"),
    Choice("announced", "announced to carrier: the label is made"),
)
KEEPS: Final = "keeps a connected store's"


# Shown with a question


def about_files(state: State) -> Sequence[Paragraph]:
    """Why there is no keyring, and what files are like."""
    fault = state.keyring_fault.summary if state.keyring_fault else ""
    return (
        Paragraph(
            f"{fault} amzlink can write the secrets to files instead, which only you can read (mode 0600, in a folder "
            "of mode 0700). Programs that run as you, and root, can read them too. At the end you get the lines for "
            "cron and systemd. With n, amzlink shows the other ways and stops."
        ),
    )


def countries_by_region(state: State) -> Sequence[Paragraph]:
    """All countries with a marketplace."""
    found = []
    for region, name in state.atlas.region_names.items():
        here = sorted(names_of([each]) for each in state.atlas.marketplaces if each.region == region)
        found.append(Paragraph(", ".join(here), lead=f"  {name}: "))
    return found


def about_the_app(_state: State) -> Sequence[Paragraph]:
    """Where apps are made, and that a policy applies to them."""
    page = f"{_APPS_PAGE.format(intro='You make apps at')} {_IN_THE_PORTAL}"
    return (Paragraph(_NO_MWS), Paragraph(page), Paragraph(DATA_PROTECTION))


def app_steps(_state: State) -> Sequence[Paragraph]:
    """How an app is made and authorised, and what to do while Amazon reviews the restricted role."""
    steps = [Paragraph(step, lead=f"  {number}. ") for number, step in enumerate(_APP_STEPS, 1)]
    return (*steps, *map(Paragraph, _WHILE_WAITING))


def app_page(intro: str) -> Callable[[State], Sequence[Paragraph]]:
    """Where the app's values are found."""
    return lambda _state: (Paragraph(_APPS_PAGE.format(intro=intro)),)


def about_retention(_state: State) -> Sequence[Paragraph]:
    """How long Sendcloud keeps what amzlink has deleted."""
    return (
        Paragraph(
            "Sendcloud keeps an order for 180 days, and with it the buyer's name and address. Amazon's policy allows "
            "30 days after delivery."
        ),
    )


def sendcloud_steps(_state: State) -> Sequence[Paragraph]:
    """How the integration and its keys are made."""
    return (
        Paragraph(
            "It takes an integration of your own there: in Sendcloud, Settings, Integrations, Sendcloud API, Connect, "
            "a name, Save. Then Sendcloud shows the public key and the secret key. Sendcloud's own Amazon integration "
            "has to be off, or every order arrives twice."
        ),
    )


def more_offered(state: State) -> Sequence[Paragraph]:
    """The countries that can be added."""
    known = selling_in(state) is not None
    intro = "The account also sells in" if known else "The same permission also covers"
    how = "Answer with codes, “all”, or Enter for none." if known else "Answer with codes, or Enter for none."
    return (Paragraph(f"{intro} {names_of(others(state))}. {how}"),)


def how_long(state: State) -> Sequence[Paragraph]:
    """How much of a token there is."""
    return (Paragraph(f"What you gave has {len(state.draft.refresh_token or '')} characters."),)


# Said after an answer


def region_remark(state: State) -> str:
    """The countries as they were understood."""
    chosen = state.draft.marketplaces
    names = ", ".join(marketplace.name for marketplace in chosen)
    return f"{names}: region {state.atlas.region_names[chosen[0].region]}."


def seller_id_remark(state: State) -> str:
    """That a Seller ID is an unusual one."""
    if is_usual_seller_id(state.draft.seller_id or ""):
        return ""
    return "That is unusual: most Seller IDs are A with 12 or 13 capital letters and digits. Amazon's answer will show."


def slug_remark(state: State) -> str:
    """The store's short name."""
    return f"On the command line it is --store {state.slug}." if state.slug else ""


def length_remark(key: Key) -> Callable[[State], str]:
    """How much was pasted: hidden input shows nothing."""

    def remark(state: State) -> str:
        value = getattr(state.draft, key.value)
        return f"Taken: {len(value)} characters." if value else ""

    return remark


def announced_remark(state: State) -> str:
    """What Amazon says of an early confirmation."""
    return ANNOUNCED if state.draft.update_status_when == "announced" else ""
