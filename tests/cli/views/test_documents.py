"""The documents of --json: users' scripts rely on these keys, in this order, and on these forms of values."""

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from pathlib import Path

import msgspec
import pytest

from amzlink.cli.shell.alarms import AlarmDocument
from amzlink.cli.shell.documents import Document, ErrorDocument, Failure, Warned, encode, failure, join, joined, moment
from amzlink.cli.views import (
    carriers,
    completion,
    database,
    diagnosis,
    pages,
    privacy,
    problems,
    sandbox,
    schedule,
    shipments,
    status,
    stores,
    version,
    weights,
)
from amzlink.cli.views.orders import export, holds, imports, lists, show, story
from amzlink.cli.views.runs import RefusedOrder
from amzlink.problems import Problem, ProblemName
from tests.support.rows import each_row

ORDER = (
    "order_id marketplace_id status purchased_at changed_at ship_by service_level programs holds lines units "
    "weight_grams sent confirmed personal_data_until"
)
LINE = "order_item_id sku asin title quantity quantity_unshipped unit_price currency weight_grams"
PERSONAL = "buyer recipient gift_messages customisations tax_registrations"
STORE = "store country marketplace_ids region seller_id client_id default test amazon_sandbox settings secrets"
ERROR = "problem summary cause next_step docs"
ROW = (
    "store order_id marketplace_id marketplace_country status purchased_at changed_at ship_by service_level programs "
    "holds " + LINE + " tax price_parts demands gift_wrap"
)  # fmt: skip

# Documents and parts with their keys. What stands behind a bar may be left out: nothing to say, or not asked for.
KEYS: list[tuple[type[msgspec.Struct], str]] = [
    (ErrorDocument, "schema error"),
    (pages.HoldDocument, "schema hold text next_step"),
    (pages.TopicDocument, "schema topic text | variables exit_codes"),
    (Failure, ERROR),
    (Warned, f"{ERROR} store"),
    (AlarmDocument, "schema job store problem summary cause next_step docs exit_code since orders over"),
    (version.VersionDocument, "schema version"),
    (lists.ListDocument, "schema store orders"),
    (lists.ListedOrder, ORDER),
    (lists.FoundOrder, f"{ORDER} | held_since waits_for carriers refusals"),
    (lists.RefusalPart, "by problem reason"),
    (
        show.ShowDocument,
        (
            f"schema store {ORDER} destination parcels confirmations waits_for events "
            f"total currency price_parts replaces deliver_by order_lines packages | {PERSONAL}"
        ),
    ),
    (story.DestinationPart, "state since problem message"),
    (story.ParcelPart, "carrier service state announced_at processed_at delivered_at nothing_left"),
    (story.ConfirmationPart, "package state at problem message"),
    (story.EventPart, "at what problem"),
    (lists.OrderLine, LINE),
    (
        show.ShownLine,
        f"{LINE} programs ioss_number demands gift_wrap customised price_parts tax_collections tax_schemes",
    ),
    (show.AmountPart, "kind amount currency"),
    (show.PricePart, "kind amount currency details"),
    (show.TaxCollectionPart, "model responsible_party"),
    (show.TaxRegistrationPart, "type number legal_name"),
    (show.Package, "reference status detailed_status carrier service shipped_at items | tracking_number"),
    (show.PackageItem, "order_item_id quantity"),
    (show.BuyerPart, "name email company_name purchase_order_number"),
    (
        show.RecipientPart,
        (
            "name company_name address_line_1 address_line_2 address_line_3 street_name street_number complement "
            "neighborhood city district_or_county municipality state_or_region postal_code country_code phone "
            "address_type drop_off_location address_instruction"
        ),
    ),
    (holds.HeldDocument, "schema store order_id holds"),
    (holds.ReleasedDocument, "schema store order_id released"),
    (holds.ReleasedOrdersDocument, "schema store hold order_ids still_held"),
    (export.ExportDocument, "schema store | file rows"),
    (export.ExportRow, ROW),
    (
        export.PersonalExportRow,
        (
            f"{ROW} buyer_name buyer_email buyer_company_name purchase_order_number recipient_name "
            "recipient_company_name address_line_1 address_line_2 address_line_3 city state_or_region postal_code "
            "country_code phone gift_message"
        ),
    ),
    (imports.ImportDocument, "schema stores | error warnings"),
    (
        imports.StoreImport,
        (
            "store window route fetched new updated unchanged pending held missing_weight missing_customs "
            "customs_missing_for incomplete sent refused api_calls seconds | addresses left_out error"
        ),
    ),
    (imports.Addresses, "taken already unknown refused"),
    (imports.RefusedAddress, "row order_id problem message"),
    (imports.Window, "from to"),
    (RefusedOrder, "order_id problem message"),
    (
        weights.WeightsDocument,
        (
            "schema store skus summary set forgotten refused patches passed_over orders_without_weight customs_summary "
            "customs_set customs_forgotten orders_without_customs api_calls | file error"
        ),
    ),
    (
        weights.Sku,
        (
            "sku asin title weight_grams source finding suggestion_grams open_orders hs_code country_of_origin customs "
            "orders_abroad reason suggestion_source listing listed suppressed at_amazon"
        ),
    ),
    (weights.RefusedWeight, "| line sku problem message"),
    (weights.Patch, "sku weight_grams state issues problem message"),
    (weights.Issue, "code severity message"),
    (shipments.PushDocument, "schema stores | error warnings"),
    (
        shipments.StorePush,
        (
            "store confirmed edited waiting already failed delivered api_calls as_other amazon_confirms nothing_left "
            "waiting_without_number data_deleted unknown_statuses | dry_run left_out error"
        ),
    ),
    (carriers.OtherCarrier, "carrier parcels code command"),
    (stores.Carrier, "code method"),
    (privacy.PurgeDocument, "schema stores | error warnings"),
    (
        privacy.StorePurge,
        "store purged archived archive kept next_due forgotten copies_at_sendcloud | dry_run orders left_out error",
    ),
    (privacy.DueOrder, "order_id rule since"),
    (privacy.Copies, "deleted left"),
    (diagnosis.VerifyDocument, "schema store ok checks"),
    (diagnosis.VerifyAllDocument, "schema ok stores"),
    (diagnosis.VerifiedStore, "store ok checks"),
    (diagnosis.CheckPart, "id status problem summary cause next_step docs evidence"),
    (stores.StoresDocument, "schema stores"),
    (stores.StoreDocument, f"schema {STORE}".replace(" secrets", " | secrets")),
    (stores.StorePart, STORE.replace(" secrets", " | secrets")),
    (stores.SecretOrigin, "source problem | file"),
    (stores.DefaultDocument, "schema default_store"),
    (stores.ConnectDocument, "schema store country marketplace_ids region verified settings"),
    (stores.DisconnectDocument, "schema store purged kept_orders archived archive copies_left secrets_left files_left"),
    (
        database.DatabaseMigrateDocument,
        "schema source target url rows tables changed_texts was_there replaced switched dry_run",
    ),
    (database.TableRows, "table rows"),
    (schedule.ScheduleInstallDocument, "schema scheduler dry_run jobs writings left_out warnings"),
    (schedule.PlannedJob, "job every_seconds command"),
    (schedule.Writing, "place text"),
    (schedule.ScheduleShowDocument, "schema scheduler runs_while_signed_out jobs warnings"),
    (schedule.ScheduledJob, "job runs works next_run_at stores"),
    (schedule.StoreRuns, "store last_success_at last_failure_at problem"),
    (schedule.ScheduleRemoveDocument, "schema removed dry_run"),
    (status.StatusDocument, "schema stores | not_seen"),
    (status.NotSeenPart, "store error"),
    (
        status.StorePart,
        (
            "store name last_import last_push orders shipping problems last_purge scheduled failing overdue rates "
            "as_other booked_so_far needs_you"
        ),
    ),
    (status.Failing, "job since problem summary next_step"),
    (status.Rate, "count of percent allowed_percent unknown orders"),
    (status.Rates, "since late_confirmations without_valid_tracking delivered_late"),
    (status.NeedPart, "problem summary next_step orders"),
    (status.Runs, "success failure failed_with"),
    (status.Orders, "to_ship due overdue held refused by_status"),
    (
        status.Shipping,
        (
            "at_sendcloud waiting_for_parcel waiting_for_trigger being_confirmed confirmed overdue refused not_sent "
            "stopped_with_parcel"
        ),
    ),
    (status.RefusedEntry, "order_id problem reason"),
    (problems.ProblemsDocument, "schema problems"),
    (pages.SchemaDocument, "schema name json_schema"),
    (pages.VariablePart, "name meaning"),
    (pages.ExitCodePart, "code meaning"),
    (completion.CompletionDocument, "schema shell script"),
    (completion.InstalledCompletionDocument, "schema shell script startup_file line changed"),
    (problems.NamedProblem, "problem title"),
    (problems.ExplainDocument, f"schema {ERROR} title exit_code checks"),
    (sandbox.SandboxDocument, "schema spapi_url lwa_url sendcloud_url control_url credentials"),
    (sandbox.FaultsDocument, "schema faults"),
    (sandbox.DemoDocument, "schema steps"),
    (sandbox.DemoStep, "command exit_code result"),
]


@each_row(("struct", "keys"), KEYS)
def test_the_keys_and_their_order_are_those_that_scripts_rely_on(struct: type[msgspec.Struct], keys: str) -> None:
    assert list(struct.__struct_encode_fields__) == keys.replace("| ", "").split()
    left_out = {field.encode_name for field in msgspec.structs.fields(struct) if field.default is msgspec.UNSET}
    always, _, sometimes = keys.partition("|")
    assert left_out <= set(sometimes.split())
    assert not left_out & set(always.split())


def test_every_document_of_the_command_line_is_held_here() -> None:
    def below(kind: type[Document]) -> set[str]:
        return {kind.__name__}.union(*(below(each) for each in kind.__subclasses__()))

    ours = {name for name in below(Document) if name != "Document"}
    held = {struct.__name__ for struct, _ in KEYS}
    assert {name for name in ours if name.endswith("Document")} - held == set()


def test_nobody_on_this_floor_makes_json_by_hand() -> None:
    import amzlink.cli

    floor = Path(amzlink.cli.__file__).parent
    sources = {file.name: file.read_text("utf-8") for file in floor.rglob("*.py")}
    assert [name for name, text in sources.items() if re.search(r"^\s*(import|from) json\b", text, re.MULTILINE)] == []
    assert [name for name, text in sources.items() if "msgspec.json.format" in text] == ["documents.py"]


class Colour(Enum):
    RED = "red"


class Sample(Document, frozen=True, kw_only=True):
    at: datetime | None
    on: date | None
    name: ProblemName
    colour: Colour
    nothing: str | None
    unasked: str | msgspec.UnsetType = msgspec.UNSET


def test_values_have_one_form_everywhere() -> None:
    document = Sample(
        at=moment(datetime(2026, 11, 23, 10, 30, 15, 250_000, tzinfo=timezone(timedelta(hours=1)))),
        on=date(2026, 12, 1),
        name=ProblemName.NO_STORE,
        colour=Colour.RED,
        nothing=None,
    )
    assert encode(document, laid_out=False) == (
        '{"schema": 1, "at": "2026-11-23T09:30:15Z", "on": "2026-12-01", "name": "no-store", "colour": "red", '
        '"nothing": null}'
    )


@pytest.mark.parametrize(
    "value",
    ["2026-11-23T09:30:15.250Z", "2026-11-23T09:30:15Z", datetime(2026, 11, 23, 9, 30, 15, 999_999, tzinfo=UTC)],
)
def test_a_time_is_told_to_the_second(value: str | datetime) -> None:
    assert moment(value) == datetime(2026, 11, 23, 9, 30, 15, tzinfo=UTC)
    assert moment(None) is None


def test_for_eyes_it_has_a_line_for_each_key() -> None:
    text = encode(version.VersionDocument(version="1 – é"), laid_out=True)
    assert text == '{\n  "schema": 1,\n  "version": "1 – é"\n}'


def test_an_error_says_what_people_are_told() -> None:
    problem = Problem(ProblemName.WHICH_STORE, detail="a, b")
    text = encode(ErrorDocument(error=failure(problem)), laid_out=False)
    assert json.loads(text)["error"] == {
        "problem": "which-store",
        "summary": problem.summary,
        "cause": problem.cause,
        "next_step": problem.next_step,
        "docs": problem.docs,
    }


def test_structs_are_joined_side_by_side() -> None:
    kind = joined("Kind", Document, show.PackageItem, privacy.Copies)
    parts = show.PackageItem(order_item_id="1", quantity=2), privacy.Copies(deleted=3, left=4)
    assert encode(join(kind, *parts), laid_out=False) == (
        '{"schema": 1, "order_item_id": "1", "quantity": 2, "deleted": 3, "left": 4}'
    )
