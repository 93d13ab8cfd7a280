"""A pack is complete and consistent: data that the loader can trust."""

import json

from pack_reading import PACKS, Pack, packs, read_json
from sync_governance.core import canonical, contracts
from sync_governance.core.codecs import codec, codec_names
from sync_governance.core.delivery.schemes import schemes
from sync_governance.core.gates import milestones, problems
from sync_governance.core.mapping import Mapping

ORDER_TO_CASH = {
    "order.received",
    "order.accepted",
    "stock.reserved",
    "fulfilment.requested",
    "shipment.confirmed",
    "goods.shipped",
    "carrier.accepted",
    "carrier.in_transit",
    "carrier.delivered",
    "customer.notified",
    "invoice.posted",
    "invoice.delivered",
    "payment.received",
    "payment.reconciled",
    "process.completed",
}


KINDS = ("endpoints", "interfaces", "contracts", "mappings", "policies", "service_levels", "retentions", "gates")
# Older forms of a document that the contract leaves open.
ELSEWHERE = {"data.object.charges.data[].id", "data.object.latest_charge.id"}


def test_every_folder_is_a_pack():
    folders = {path.name for path in PACKS.iterdir() if path.is_dir()}
    assert folders == set(packs()) >= {"shopify", "threepl", "carrier", "stripe", "finance", "odoo"}


def test_the_description_fits_the_schema_of_packs(pack: Pack):
    faults = contracts.validate(read_json(PACKS / "pack.schema.json"), pack.data)
    assert [f"{fault.pointer}: {fault.detail}" for fault in faults] == []
    assert pack.data["name"] == pack.folder.name


def test_every_code_that_is_named_is_there(pack: Pack):
    codes = {kind: {entry["code"] for entry in entries} for kind, entries in _coded(pack).items()}
    for interface in pack.data["interfaces"]:
        assert interface["endpoint"] in codes["endpoints"]
        assert interface["policy"] in codes["policies"]
        assert interface["document_type"] in canonical.catalogue()
        assert interface.get("contract") is None or interface["contract"] in codes["contracts"]
        assert interface.get("mapping") is None or interface["mapping"] in codes["mappings"]
    for policy in pack.data["policies"]:
        assert policy["service_level"] in codes["service_levels"]
        assert policy["retention"] in codes["retentions"]
        assert set(policy.get("gates", [])) <= codes.get("gates", set())


def test_every_part_is_used(pack: Pack):
    interfaces, policies = pack.data["interfaces"], pack.data["policies"]
    used = {
        "endpoints": {interface["endpoint"] for interface in interfaces},
        "contracts": {interface.get("contract") for interface in interfaces},
        "mappings": {interface.get("mapping") for interface in interfaces},
        "policies": {interface["policy"] for interface in interfaces},
        "service_levels": {policy["service_level"] for policy in policies},
        "retentions": {policy["retention"] for policy in policies},
        "gates": {gate for policy in policies for gate in policy.get("gates", [])},
    }
    for kind, entries in _coded(pack).items():
        if kind != "interfaces":
            assert {entry["code"] for entry in entries} <= used[kind], kind


def test_codes_are_unique_over_all_packs():
    for kind in KINDS:
        codes = [entry["code"] for pack in packs().values() for entry in pack.data.get(kind, [])]
        assert len(codes) == len(set(codes)), kind


def test_partner_and_canonical_side_belong_together(pack: Pack):
    for interface in pack.data["interfaces"]:
        for kind, code in (("contracts", interface.get("contract")), ("mappings", interface.get("mapping"))):
            if code is not None:
                assert pack.part(kind, code)["document_type"] == interface["document_type"]


def test_endpoints_use_known_codecs_and_signatures(pack: Pack):
    for endpoint in pack.data["endpoints"]:
        assert endpoint["codec"] in codec_names()
        codec(endpoint["codec"], endpoint.get("layout"))
        assert endpoint["authentication"] in ({"none"} if endpoint["direction"] == "internal" else set(schemes()))


def test_what_crosses_the_border_has_a_contract_and_a_mapping(pack: Pack):
    for interface in pack.data["interfaces"]:
        internal = pack.part("endpoints", interface["endpoint"])["direction"] == "internal"
        if interface["document_type"] == "interchange.acknowledgement":
            assert not interface.keys() & {"contract", "mapping"}, "the codec writes it"
            continue
        contract = pack.part("contracts", interface["contract"]) if "contract" in interface else None
        assert internal == (contract is None)
        # The partner's own form needs a translation, the canonical one is none.
        assert ("mapping" in interface) == bool(contract and not contract.get("canonical"))
        assert pack.inbound(interface) == ("topic" in interface or "reply_to" in interface)


def test_gates_speak_the_closed_vocabulary(pack: Pack):
    for gate in pack.data.get("gates", []):
        assert problems(gate["condition"]) == []
        assert milestones(gate["condition"]) <= ORDER_TO_CASH
    for interface in pack.data["interfaces"]:
        assert interface.get("milestone", "order.received") in ORDER_TO_CASH


def test_keys_of_senders_are_kept_as_long_as_messages(pack: Pack):
    for retention in pack.data.get("retentions", []):
        assert retention["dedupe_days"] >= retention["message_days"] >= retention["payload_days"]


def test_what_waits_for_a_person_holds_up_nothing_else(pack: Pack):
    for interface in pack.data["interfaces"]:
        if interface.get("handler") in ("by.hand", "order.compared"):
            assert pack.part("policies", interface["policy"])["on_failure"] == "skip", interface["code"]


def test_every_file_of_a_pack_is_used(pack: Pack):
    parts = [*pack.data.get("contracts", []), *pack.data.get("mappings", []), *pack.data.get("samples", [])]
    named = {entry[key] for entry in parts for key in ("file", "expected") if key in entry} | {"pack.json"}
    there = {path.relative_to(pack.folder).as_posix() for path in pack.folder.rglob("*") if path.is_file()}
    assert there == named


def test_contracts_and_mappings_compile(pack: Pack):
    for entry in own_contracts(pack):
        contracts.compile(pack.file(entry["file"]))
    for entry in pack.data.get("mappings", []):
        mapping = Mapping.parse(pack.file(entry["file"]))
        assert mapping.name == entry["code"]


def test_inbound_mappings_make_the_document_of_their_interface(pack: Pack):
    for interface in pack.data["interfaces"]:
        if pack.inbound(interface) and "mapping" in interface:
            assert pack.mapping(interface["mapping"]).target == interface["document_type"]


def test_contracts_describe_what_the_mapping_reads(pack: Pack):
    """A value that the mapping uses is one that the contract has checked."""
    for interface in pack.data["interfaces"]:
        if pack.inbound(interface) and "mapping" in interface:
            schema = pack.contract(interface["contract"])
            reads = pack.mapping(interface["mapping"]).reads
            assert {path for path in reads if not _described(schema, schema, _names(path))} - ELSEWHERE == set()


def test_contracts_are_open_where_the_partner_may_grow(pack: Pack):
    """A tolerant reader: a member that the partner adds tomorrow breaks nothing."""
    for entry in own_contracts(pack):
        assert '"additionalProperties": false' not in json.dumps(pack.file(entry["file"]), default=str)


def test_every_interface_has_a_sample_that_goes_through(pack: Pack):
    shown = {sample["interface"] for sample in pack.data.get("samples", []) if "expected" in sample}
    assert {interface["code"] for interface in pack.data["interfaces"] if "contract" in interface} == shown


def own_contracts(pack: Pack) -> list[dict]:
    """The contracts of the partner's own documents."""
    return [entry for entry in pack.data.get("contracts", []) if not entry.get("canonical")]


def _coded(pack: Pack) -> dict[str, list]:
    return {kind: pack.data[kind] for kind in KINDS if kind in pack.data}


def _names(path: str) -> list[str]:
    path = path.removesuffix("?")
    return [] if path == "@" else path.replace("[]", ".[]").split(".")


def _described(root: dict, schema: dict, names: list[str]) -> bool:
    """Whether the schema says something about the member at this path; deeper than it says is the partner's own."""
    if "$ref" in schema:
        schema = {**root["$defs"][schema["$ref"].rpartition("/")[2]], **schema}
    if not names:
        return True
    inner = schema.get("items") if names[0] == "[]" else schema.get("properties", {}).get(names[0])
    if inner is not None:
        return _described(root, inner, names[1:])
    branches = schema.get("anyOf", [])
    if names[0] == "[]":
        return _described(root, schema, names[1:])
    if branches:
        return any(_described(root, branch, names) for branch in branches)
    return schema.get("type") == "object" and "properties" not in schema
