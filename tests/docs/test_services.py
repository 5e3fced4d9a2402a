"""The pages on the two services: their tables are the code's, and what comments say of them is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from amzlink.amazon.carriers import AMAZON_CODES, CARRIERS
from amzlink.amazon.marketplaces import ENDPOINTS, MARKETPLACES, SANDBOX_ENDPOINTS
from amzlink.core.shipments.own_carriers import OTHER
from amzlink.sandbox.table import OPERATIONS
from amzlink.sendcloud.statuses import STATUSES

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "docs" / "services"
SOURCES = sorted(path for folder in ("src", "tests", "benchmarks", "scripts") for path in (ROOT / folder).rglob("*.py"))
# In a comment a pointer may go over the end of a line.
LINE_END = re.compile(r"[ \t]*\n[ \t]*(?:#[ \t]*)?")
POINTER = re.compile(r'docs/services/(\w+)\.md((?:(?:, | and )"[^"\n]+")*)')


def headings(page: str) -> list[str]:
    return re.findall(r"^#{2,} (.+)$", (SERVICES / f"{page}.md").read_text("utf-8"), re.MULTILINE)


def section(page: str, heading: str) -> str:
    """The lines under a heading, up to the next one."""
    text = (SERVICES / f"{page}.md").read_text("utf-8")
    [found] = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return str(found)


def rows(page: str, heading: str) -> Iterator[list[str]]:
    for line in section(page, heading).splitlines():
        if line.startswith("| ") and not line.startswith("| ---"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def pointers(text: str) -> Iterator[tuple[str, list[str]]]:
    for page, named in POINTER.findall(LINE_END.sub(" ", text)):
        yield page, re.findall(r'"([^"]+)"', named)


@pytest.mark.parametrize("page", ["amazon", "sendcloud"])
def test_a_pages_headings_are_all_different(page: str) -> None:
    found = headings(page)
    assert len(found) == len(set(found)) > 10


@pytest.mark.parametrize("page", ["amazon", "sendcloud"])
def test_the_headings_that_a_page_names_itself_are_there(page: str) -> None:
    text = LINE_END.sub(" ", (SERVICES / f"{page}.md").read_text("utf-8"))
    named = set(re.findall(r'(?:[Ss]ee|[Aa]s in) "([^"]+)"', text))
    if page == "amazon":
        for _, places in list(rows("amazon", "What a refusal means"))[1:]:
            named |= set(re.findall(r'"([^"]+)"', places))
    assert named
    assert named - set(headings(page)) == set()


def test_every_pointer_to_a_page_leads_to_a_heading() -> None:
    lost = [
        f"{path.relative_to(ROOT)}: {page}, {heading}"
        for path in SOURCES
        if path != Path(__file__)
        for page, named in pointers(path.read_text("utf-8"))
        for heading in named
        if not (SERVICES / f"{page}.md").is_file() or heading not in headings(page)
    ]
    assert lost == []


def test_amazons_page_has_the_marketplaces_of_the_table() -> None:
    listed = [row[1:7] for row in rows("amazon", "Marketplaces and regions") if len(row) > 6]
    assert sorted(listed[1:]) == sorted(
        [place.country, place.id, place.region, place.seller_central, place.shop, place.currency]
        for place in MARKETPLACES
    )
    for url in (*ENDPOINTS.values(), *SANDBOX_ENDPOINTS.values()):
        assert f"`{url}`" in section("amazon", "Marketplaces and regions")


def test_amazons_page_has_the_quotas_that_are_kept() -> None:
    listed = [(row[0], float(row[1]), int(row[2])) for row in list(rows("amazon", "Quotas"))[1:]]
    assert sorted(listed) == sorted((operation.id, operation.rate, operation.burst) for operation in OPERATIONS)


def test_amazons_page_has_the_spellings_that_are_used() -> None:
    listed = set(re.findall(r"`([^`]+)`", "".join(places for _, places in rows("amazon", "Carrier codes"))))
    assert listed - {OTHER, "Otro", "Andere", "Sonstige", "Interno", "Sendcloud"} == set(AMAZON_CODES)


def test_sendclouds_page_has_the_carriers_that_are_known() -> None:
    listed = re.findall(r"`([^`]+)`", "".join(codes for _, codes in rows("sendcloud", "Carrier codes")))
    assert sorted(listed) == sorted(CARRIERS)


def test_sendclouds_page_has_the_statuses_and_what_each_proves() -> None:
    table = list(rows("sendcloud", "Parcel statuses"))[1:]
    listed = {code.strip("`"): (message, *proofs) for code, message, _, *proofs, _ in table}
    assert listed.keys() == STATUSES.keys()
    for code, (message, *proofs) in listed.items():
        status = STATUSES[code]
        assert status.message == message
        assert [status.announced, status.processed, status.delivered] == [proof == "yes" for proof in proofs]


def test_no_comment_points_to_what_is_not_in_the_repository() -> None:
    numbered = re.compile(r"\b[Ff]acts(?:/\w+\.md)?,? (?:sections? )?\d|\bfacts sheet\b|\(rows? \d|\bshared/")
    lost = [
        f"{path.relative_to(ROOT)}: {found}"
        for path in SOURCES
        if path != Path(__file__)
        for found in numbered.findall(LINE_END.sub(" ", path.read_text("utf-8")))
    ]
    assert lost == []
