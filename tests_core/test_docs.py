"""The docs are true: what they name exists, and their reference tables are what the code says.

Tables between ``<!-- table: name -->`` and ``<!-- end -->`` are written from the code. When one differs, run this file
with ``UPDATE_DOCS=1`` in the environment and look at what changed.
"""

import ast
import json
import os
import re
import textwrap
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sync_governance.core.canonical import catalogue, validator
from sync_governance.core.contracts import validate
from sync_governance.core.delivery.profiles import profile_of
from sync_governance.core.faults import taxonomy
from sync_governance.core.gates import FIELDS, problems
from sync_governance.core.mapping import Argument, Mapping, registry

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "static" / "description" / "index.html"])
# Reports that a command writes about the world outside.
WRITTEN_BY_COMMANDS = {"docs/benchmarks.md", "docs/host-tests.md"}
PROSE = [page for page in PAGES if str(page.relative_to(ROOT)) not in WRITTEN_BY_COMMANDS]
TABLE = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end -->)", re.S)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)
SPAN = re.compile(r"`([^`\n]+)`")
HOST_WORDS = {"sale.order", "web.base.url"}
FILES = (".py", ".json", ".jsonl", ".md", ".xml", ".sql", ".csv", ".txt", ".toml", ".log", ".html", ".conf")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose_of(page: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"^(?:    ).*$", "", BLOCK.sub("", text_of(page)), flags=re.M)


def spans() -> Iterator[tuple[str, str]]:
    for page in PROSE:
        for span in SPAN.findall(prose_of(page)):
            yield str(page.relative_to(ROOT)), span


def blocks(language: str) -> list:
    return [
        pytest.param(text, id=f"{page.name}-{number}")
        for page in PROSE
        for number, (kind, text) in enumerate(BLOCK.findall(text_of(page)))
        if kind == language
    ]


def xml_of(*folders: str) -> Iterator[ElementTree.Element]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.xml")):
            yield ElementTree.parse(path).getroot()


def sources(*folders: str) -> str:
    return "\n".join(text_of(path) for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))


# -- reference tables ----------------------------------------------------------------------------------------------


def row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def converters() -> str:
    lines = [row("converter", "what it does", "arguments"), row("---", "---", "---")]
    for name, entry in sorted(registry().items()):
        arguments = "<br>".join(f"`{a.name}`{_kind(a, entry.main)}: {a.description}" for a in entry.arguments)
        lines.append(row(f"`{name}`", entry.description, arguments))
    return "\n".join(lines)


def _kind(argument: Argument, main: str | None) -> str:
    said = []
    if argument.name == main:
        said.append("may stand alone")
    if argument.required:
        said.append("required")
    elif isinstance(argument.default, (str, bool, int)) and argument.default != "":
        said.append(f"default {json.dumps(argument.default)}")
    if argument.choices:
        said.append("one of " + ", ".join(argument.choices))
    return f" ({'; '.join(said)})" if said else ""


def faults() -> str:
    lines = [row("code", "what it says", "who can fix it", "tried again by itself", "what to do"), row(*["---"] * 5)]
    for entry in taxonomy().values():
        again = "yes" if entry.retryable else "no"
        lines.append(row(f"`{entry.code}`", entry.title, entry.fixer.replace("_", " "), again, entry.advice))
    return "\n".join(lines)


def pack_members() -> str:
    schema = json.loads(text_of(ROOT / "packs" / "pack.schema.json"))
    parts = [("the pack", schema)] + [
        (name, part) for name, part in schema["$defs"].items() if part.get("type") == "object" and "properties" in part
    ]
    lines = [row("part", "member", "values", "what it is"), row(*["---"] * 4)]
    for name, part in parts:
        for member, shape in part["properties"].items():
            needed = "**" if member in part.get("required", ()) else ""
            values, meaning = _values(schema, shape), shape.get("description", "")
            meaning = meaning.replace("<", "&lt;")
            lines.append(row(name.replace("_", " "), f"{needed}`{member}`{needed}", values, meaning))
    return "\n".join(lines)


def _values(schema: dict, shape: dict) -> str:
    if "$ref" in shape:
        return shape["$ref"].rsplit("/", 1)[1].replace("_", " ")
    if "enum" in shape:
        return ", ".join(map(str, shape["enum"]))
    if shape.get("type") == "array":
        return f"list of {_values(schema, shape['items'])}"
    if "oneOf" in shape:
        kinds = [option["properties"]["kind"]["const"] for option in shape["oneOf"] if "kind" in option["properties"]]
        return " or ".join(kinds)
    kind = shape.get("type", "")
    if kind == "object":
        return "object: " + ", ".join(shape["properties"]) if "properties" in shape else "object"
    bounds = [str(shape[name]) for name in ("minimum", "maximum") if name in shape]
    return (
        f"{kind} {' to '.join(bounds)}" if len(bounds) == 2 else " or ".join(kind) if isinstance(kind, list) else kind
    )


# What becomes of a document in Odoo, where the pack names a handler of its own.
HANDLERS = {
    "kept": "kept to be read",
    "by.hand": "a person carries it out",
    "order.compared": "compared with the order; a difference is for a person",
}


def pack_matrix() -> str:
    """One line per pack, document and direction; what stays inside Odoo crosses no border and is not in it."""
    columns = (
        "pack",
        "document",
        "direction",
        "what the partner calls it",
        "in Odoo",
        "samples: goes through, refused",
    )
    lines = [row(*columns), row(*["---"] * len(columns))]
    for path in sorted((ROOT / "packs").glob("*/pack.json")):
        pack = json.loads(text_of(path))
        doors = {door["code"]: door["direction"] for door in pack["endpoints"]}
        found: dict[tuple[str, str], list[dict]] = {}
        for entry in pack["interfaces"]:
            way = "inbound" if "reply_to" in entry else doors[entry["endpoint"]]
            if way != "internal":
                found.setdefault((entry["document_type"], way), []).append(entry)
        for (document, direction), entries in sorted(found.items(), key=lambda item: (item[0][1], item[0][0])):
            lines.append(row(pack["title"], f"`{document}`", *_cells(pack, direction, entries)))
    return "\n".join(lines)


def _cells(pack: dict, direction: str, entries: list[dict]) -> tuple[str, str, str, str]:
    codes = {entry["code"] for entry in entries}
    mine = [sample for sample in pack.get("samples", ()) if sample["interface"] in codes]
    good = sum("expected" in sample for sample in mine)
    titles = {part["code"]: part["name"] for part in pack.get("contracts", ())}
    called = dict.fromkeys(entry.get("topic") or titles.get(entry.get("contract"), entry["name"]) for entry in entries)
    acts = dict.fromkeys(HANDLERS.get(entry.get("handler", ""), "applied") for entry in entries)
    done = "; ".join(acts) if direction == "inbound" else "sent"
    way = {"inbound": "in", "outbound": "out"}[direction]
    return way, ", ".join(called), done, f"{good}, {len(mine) - good}"


TABLES = {"pack-matrix": pack_matrix, "converters": converters, "faults": faults, "pack-members": pack_members}


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_a_table_is_what_the_code_says(page):
    before = text_of(page)
    after = TABLE.sub(lambda match: match[1] + "\n" + TABLES[match[2]]() + "\n\n" + match[3], before)
    if os.environ.get("UPDATE_DOCS") and after != before:
        page.write_text(after, encoding="utf-8")
    assert after == before, "UPDATE_DOCS=1 writes it anew"


def test_every_table_stands_somewhere():
    assert {name for page in PROSE for _start, name, _end in TABLE.findall(text_of(page))} == set(TABLES)


# -- what is named exists --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    inside = [link for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)) if "://" not in link]
    assert not [link for link in inside if not (page.parent / link.partition("#")[0]).exists()]


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_anchors_are_headings(page):
    for target, anchor in re.findall(r"\]\(([^)\s#]*)#([^)\s]+)\)", text_of(page)):
        if "://" not in target:
            headings = re.findall(r"^#+ (.+)$", text_of(page.parent / target if target else page), re.M)
            slugs = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{target}#{anchor}"


def test_files_and_folders_that_are_named_exist():
    missing = []
    for page, span in spans():
        top, slash, _rest = span.partition("/")
        named = top and slash and (ROOT / top).exists() and not re.search(r"[<>\s]", span)
        if named and not list(ROOT.glob(span.rstrip("/"))):
            missing.append(f"{page}: {span}")
    assert not missing


def test_the_rooms_are_those_of_the_architecture():
    """The tree on the page of the architecture: what it names is there, and no room of core and models is left out."""
    tree = re.search(r"^    core/ .*\n(?: {4,}\S.*\n)+", text_of(ROOT / "docs" / "architecture.md"), re.M)[0]
    named, top = set(), ""
    for indent, name in re.findall(r"^( {4}| {6})([a-z_]+(?:/|\.py)) ", tree, re.M):
        top = name if len(indent) == 4 else top
        named.add(name if len(indent) == 4 else top + name)
    assert not [name for name in named if not (ROOT / name).exists()]
    rooms = {f"{top}/{path.parent.name}/" for top in ("core", "models") for path in (ROOT / top).glob("*/__init__.py")}
    assert rooms <= named


def test_every_page_is_reached_from_the_readme():
    readme = text_of(ROOT / "README.md")
    assert not [page.name for page in (ROOT / "docs").glob("*.md") if f"(docs/{page.name})" not in readme]


def test_tests_that_are_named_exist():
    known = set(re.findall(r"def (test_\w+)\(", sources("tests", "tests_core")))
    assert not [f"{page}: {span}" for page, span in spans() if re.fullmatch(r"test_\w+", span) and span not in known]


# What the table of attacks in security.md answers for, whatever else stands there.
ATTACKS = (
    "forged", "replayed", "truncated", "oversized", "deeply nested", "duplicate keys", "NaN", "wrong charset",
    "signature of another endpoint", "timing of the comparison", "key confusion", "header smuggling through the proxy",
    "SSRF through redirect", "DNS rebinding", "IPv6 and decimal forms", "XXE", "billion laughs", "zip bomb",
    "SQL injection", "domain injection", "mass assignment", "record access across partners",
    "record access across companies",
)  # fmt: skip


def test_every_attack_has_a_row_and_every_row_a_test():
    """That the tests exist is asked of all pages above."""
    text = text_of(ROOT / "docs" / "security.md")
    table = text.partition("## Attacks")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
    assert all(len(row) == 3 for row in rows)
    assert not [attack for attack in ATTACKS if not any(attack in row[0] for row in rows)]
    assert not [row[0] for row in rows if not re.search(r"`(test_\w+|tests\w*/[\w/.]+)`|\]\(#", row[2])]


def words() -> set[str]:
    """Every dotted word that the docs may use: faults, milestones, document types, models, handlers, codes of packs."""
    known = {*taxonomy(), *catalogue(), *FIELDS, *HOST_WORDS}
    for root in xml_of("data"):
        known |= {field.text for field in root.iter("field") if field.get("name") == "code" and field.text}
    known |= set(re.findall(r'_(?:name|handler|document_type|transport) = "([^"]+)"', sources("models", "wizards")))
    known |= set(re.findall(r'\("([a-z]+\.[a-z]+)", "[^"]+"\)', sources("models/catalog")))
    for path in (ROOT / "packs").glob("*/pack.json"):
        known |= set(re.findall(r'"code": "([^"]+)"', text_of(path)))
    for page in PROSE:
        known |= set(re.findall(r'"mapping": "([^"]+)"', text_of(page)))
    return known


def test_codes_that_are_named_exist():
    known = words()
    unknown = [
        f"{page}: {span}"
        for page, span in spans()
        if re.fullmatch(r"(?!self\.)[a-z]+(\.[a-z_]+)+", span) and not span.endswith(FILES) and span not in known
    ]
    assert not unknown


def test_every_milestone_of_the_order_is_described():
    flow = text_of(ROOT / "docs" / "architecture.md")
    for root in xml_of("data"):
        for record in root.iter("record"):
            if record.get("model") == "sync.milestone.type":
                code = record.find("field[@name='code']")
                assert code is not None and f"`{code.text}`" in flow


def menus() -> set[str]:
    """The path of every menu below the app: ``Operations > Exceptions``."""
    names, parents, actions = {}, {}, {}
    for root in xml_of("views"):
        for record in root.iter("record"):
            name = record.find("field[@name='name']")
            if record.get("model") == "ir.actions.act_window" and name is not None:
                actions[record.get("id")] = name.text
        for item in root.iter("menuitem"):
            names[item.get("id")] = item.get("name") or item.get("action")
            parents[item.get("id")] = item.get("parent")

    def path(menu: str) -> str:
        own = actions.get(names[menu], names[menu])
        above = parents[menu]
        # a dot: below a menu of Odoo's own
        return own if above in (None, "menu_root") or "." in above else f"{path(above)} > {own}"

    return {path(menu) for menu in names}


def test_menus_that_are_named_exist():
    known = menus()
    tops = {menu.partition(" > ")[0] for menu in known}
    for page in PROSE:
        for said in re.findall(
            r"\*\*(?:Sync Governance > )?([A-Z][\w -]+(?: > [A-Z][\w -]+)+)[.:]?\*\*", text_of(page)
        ):
            assert said in known or said.partition(" > ")[0] not in tops, f"{page.name}: {said}"


def labels() -> set[str]:
    """What stands on the screen: buttons, tabs, fields, groups, selections."""
    known = set()
    for root in xml_of("views", "security"):
        for node in root.iter():
            known |= {node.get(name) for name in ("string", "name") if node.get(name)}
            known |= {(node.text or "").strip()}
    code = sources("models", "wizards")
    known |= set(re.findall(r'"([^"\n]+)"', code))
    known |= {name.replace("_", " ").title() for name in re.findall(r"^    (\w+) = fields\.", code, re.M)}
    return known


def test_words_of_the_screen_exist():
    """In the docs *italics* are for what stands on the screen."""
    known = labels()
    for page in PROSE:
        for said in re.findall(r"(?<![*\w])\*([^*\n]+)\*(?!\*)", prose_of(page)):
            assert said in known or f"{said}…" in known, f"{page.name}: {said}"


# A number of the code and the sentence that says it: whoever changes one changes the other.
NUMBERS = (
    ("models/exchange/breaker.py", "minimum_calls=5, failure_ratio=0.5", "guarantees.md", "five failures within five"),
    ("core/delivery/breaker.py", "window_seconds: float = 300.0", "guarantees.md", "within five minutes"),
    ("core/delivery/breaker.py", "open_seconds: float = 30.0", "guarantees.md", "After 30 seconds one document"),
    ("core/delivery/breaker.py", "open_cap_seconds: float = 900.0", "guarantees.md", "at most 15 minutes"),
    ("models/exchange/inbound.py", "CONFLICT_TRIES = 6", "guarantees.md", "again at once, up to six times"),
    ("models/exchange/verdicts.py", "SELF_RETRY_SECONDS = 2.0", "guarantees.md", "again after two seconds"),
    ("models/exchange/verdicts.py", "work.attempt < 5", "guarantees.md", "at most five times"),
    ("models/exchange/engine.py", "CRON_SECONDS = 3.0", "guarantees.md", "at most three seconds at a time"),
    ("models/exchange/pump.py", "PLACES = 64", "operations.md", "up to 64 deliveries at once"),
    ("models/exchange/pump.py", "PLACES = 64", "guarantees.md", "at most 64 deliveries under way"),
    ("models/exchange/pump.py", "SHARE = PLACES // 4", "guarantees.md", "a quarter of them to one endpoint"),
    ("models/exchange/endpoint_health.py", "default=15", "guarantees.md", "disturbed for 15 minutes"),
    ("models/exchange/endpoint_health.py", "default=5", "guarantees.md", "after five days nothing more"),
    ("core/delivery/http.py", "BODY_LIMIT = 20_000", "guarantees.md", "at most 20,000 bytes"),
    ("core/delivery/http.py", "_LONGEST_WAIT = 3_600.0", "guarantees.md", "at most an hour"),
    ("core/queue/rescue.py", "STRIKES_UNTIL_POISON = 3", "operations.md", "ended its workers three times"),
    ("controllers/webhook.py", "MAX_BODY_BYTES = 16 * 1024 * 1024", "operations.md", "16 MiB"),
    ("models/partner/credential.py", "DEFAULT_OVERLAP_HOURS = 24", "operations.md", "24 unless changed"),
    ("wizards/credential_rotate.py", "24 * 90", "operations.md", "at most 90 days"),
    ("models/handlers/warehouse/shipment_confirmed.py", "timedelta(minutes=15)", "people.md", "for 15 minutes"),
    ("models/handlers/finance/payment_due.py", "timedelta(days=1)", "people.md", "a payment for a day"),
    ("models/handlers/service/tracking_event.py", "timedelta(days=3)", "people.md", "event for three days"),
    ("models/master/xref_suggestion.py", "NAMES = 200_000", "mapping.md", "the newest 200,000"),
    ("models/exchange/parked.py", "CHUNK = 1_000", "guarantees.md", "released in their order, 1,000 in a transaction"),
    ("core/queue/parking.py", "limit: int = 1_000", "guarantees.md", "at most 1,000 documents at a time"),
    ("core/queue/due.py", "RETRY_SECONDS = 5.0", "guarantees.md", "comes again after 5 seconds"),
    ("core/queue/due.py", "RETRY_CAP_SECONDS = 3600.0", "guarantees.md", "twice as long each time, at most an hour"),
    ("models/partner/credential_review.py", "REVIEW_EVERY_DAYS = 180", "operations.md", "every 180 days unless"),
    ("models/partner/caller.py", "Failures(10, 60.0)", "security.md", "Ten wrong passwords"),
    ("models/partner/caller.py", "Verified(300.0)", "security.md", "not hashed again for five minutes"),
    ("core/security/hashing.py", "SHORTEST_PASSWORD = 12", "security.md", "password of at least 12 characters"),
    ("core/delivery/schemes.py", "token_seconds: int = 900", "security.md", "15 minutes old at most"),
    ("models/exchange/access_token.py", "MOST_PER_CREDENTIAL = 20", "security.md", "at most 20 tokens"),
    ("models/exchange/sender_token.py", "FRESH_SECONDS = 10", "security.md", "less than ten seconds old"),
    ("models/partner/credential_expiry.py", "WARNING_DAYS = 14", "guarantees.md", "reminded 14 days before"),
    ("models/catalog/timing.py", "REMEMBERED_SECONDS = 60.0", "guarantees.md", "change count within a minute"),
    ("models/service_level/watching.py", "WARN_AT = 0.8", "guarantees.md", "80 % of its time"),
    ("models/service_level/watching.py", "BEAT_SECONDS = 5", "guarantees.md", "every 5 seconds at most"),
    ("models/exception/wording.py", '"warning": 2.0', "people.md", "twice that for a warning"),
    ("models/exception/wording.py", '"critical": 0.25', "people.md", "a quarter for what is critical"),
)


@pytest.mark.parametrize(("file", "code", "page", "sentence"), NUMBERS)
def test_a_number_in_the_docs_is_the_codes(file, code, page, sentence):
    assert code in text_of(ROOT / file)
    assert sentence in text_of(ROOT / "docs" / page)


# -- examples work ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", blocks("python"))
def test_examples_in_python_can_be_read(code):
    ast.parse(textwrap.dedent(code))


@pytest.mark.parametrize("text", blocks("json"))
def test_examples_in_json_work(text):
    data = json.loads(text, parse_float=Decimal)
    if "signature_headers" in data:
        profile_of("hmac", data)
    elif "all" in data or "milestone" in data:
        assert problems(data) == []
    elif "mapping" in data:
        Mapping.parse(data, bases=mappings_of_packs().get)


def mappings_of_packs() -> dict:
    files = (ROOT / "packs").glob("*/mappings/*.json")
    documents = [json.loads(text_of(path), parse_float=Decimal) for path in files]
    return {document["mapping"]: document for document in documents}


def test_a_partner_that_differs_in_three_fields_is_three_lines():
    examples = (json.loads(text) for kind, text in BLOCK.findall(text_of(ROOT / "docs" / "packs.md")) if kind == "json")
    child = next(example for example in examples if example.get("extends"))
    assert len(child["rules"]) == 3
    source = json.loads(text_of(ROOT / "packs/shopify/samples/order_tax_included.json"), parse_float=Decimal)
    source |= {"order_number_b2b": "B2B-77", "delivery_note": "Ring twice"}
    for line in source["line_items"]:
        line["ean"] = "4006381333931"
    result = Mapping.parse(child, bases=mappings_of_packs().get).evaluate(source)
    assert result.ok, [fault.detail for fault in result.faults]
    assert validate(validator("order.create"), result.document) == []
    assert (result.document["number"], result.document["note"]) == ("B2B-77", "Ring twice")
    assert all(
        line["item"]["identifiers"] == [{"scheme": "gtin", "value": "4006381333931"}]
        for line in result.document["lines"]
    )


# -- what does not belong here ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_place_on_somebodys_machine(page):
    found = re.findall(r"(?<![\w.>/])/(?:home|root|tmp|work|Users|opt|mnt|var/tmp)/\S*", text_of(page))
    assert not found


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_no_page_promises_what_is_not_there(page):
    assert not re.search(r"\b(TODO|TBD|FIXME|coming soon|work in progress)\b", text_of(page), re.I)
