"""The partner of the benchmarks as a pack: one door in, one inside Odoo, many doors out."""

from __future__ import annotations

import json
from pathlib import Path

NAME = "bench"
PARTNERS = 50
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
INBOUND = {
    "type": "location.changed",
    "changed_at": "2026-01-12T08:00:00+01:00",
    "location": {
        "identifiers": [{"scheme": "own", "value": "WH-ANR"}, {"scheme": "gln", "value": "9524100000025"}],
        "name": "Antwerp logistics centre",
        "address": {"street": "Noorderlaan 210", "city": "Antwerpen", "postal_code": "2030", "country": "BE"},
    },
    "kind": "fulfilment_centre",
    "active": True,
    "time_zone": "Europe/Brussels",
}
_MEMBERS = {
    "location.changed": ("type", "changed_at", "location", "kind", "active", "time_zone"),
    "product.changed": ("type", "changed_at", "item", "kind", "unit", "active"),
}


def outbound_code(number: int) -> str:
    """The code of a door out, counted from 1."""
    return f"bench-out-{number:02}"


def write(folder: Path) -> None:
    """Write the pack's files below ``folder``."""
    for document_type, members in _MEMBERS.items():
        _file(folder, f"contracts/{document_type}.json", _contract(members))
        _file(folder, f"mappings/{document_type}.json", _mapping(document_type, members))
    for document_type, members in _MEMBERS.items():
        document = _example(document_type)
        _file(folder, f"samples/{document_type}.json", document)
        mapped = {name: document[name] for name in members if name in document}
        _file(folder, f"samples/{document_type}.expected.json", mapped)
    _file(folder, "pack.json", _pack())


def _file(folder: Path, name: str, content: dict) -> None:
    path = folder / NAME / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")


def _example(document_type) -> dict:
    types = Path(__file__).parents[2] / "core" / "canonical" / "types"
    return json.loads((types / f"{document_type}.json").read_text(encoding="utf-8"))["examples"][0]


def _sample(interface: str, document_type: str) -> dict:
    return {
        "interface": interface,
        "file": f"samples/{document_type}.json",
        "expected": f"samples/{document_type}.expected.json",
    }


def _contract(members) -> dict:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["type", "changed_at", "kind", "active"],
        "properties": {name: {"type": _kind(name)} for name in members},
    }


def _kind(member: str) -> str:
    return {"active": "boolean", "location": "object", "item": "object"}.get(member, "string")


def _mapping(document_type: str, members) -> dict:
    return {
        "mapping": f"bench.{document_type}",
        "title": f"{document_type} as it is",
        "source": document_type,
        "target": document_type,
        "rules": [{"to": name, "from": name} for name in members],
    }


def _endpoint(code: str, direction: str, transport: str, authentication: str, key: dict, **more) -> dict:
    return {
        "code": code,
        "name": f"Benchmark {code}",
        "direction": direction,
        "transport": transport,
        "codec": "json",
        "authentication": authentication,
        "ordering_key": key,
        "agent": {"name": f"Benchmark {code}", "groups": []},
        **more,
    }


def _interface(code: str, endpoint: str, document_type: str, **more) -> dict:
    return {
        "code": code,
        "name": f"Benchmark {code}",
        "endpoint": endpoint,
        "document_type": document_type,
        "policy": "bench",
        "contract": document_type,
        "mapping": f"bench.{document_type}",
        **more,
    }


def _pack() -> dict:
    doors_out = [outbound_code(number) for number in range(1, PARTNERS + 1)]
    signed = "standard_webhooks"
    return {
        "name": NAME,
        "title": "Benchmark",
        "description": "Does nothing, many times.",
        "version": "1.0.0",
        "partner": {"code": NAME, "name": "Benchmark", "kind": "3pl"},
        "endpoints": [
            _endpoint(
                "bench-in",
                "inbound",
                "webhook",
                signed,
                {"source": "header", "value": "X-Bench-Key"},
                topic={"source": "pointer", "value": "/type"},
            ),
            _endpoint("bench-inside", "internal", "internal", "none", {"source": "event"}),
            *(_endpoint(code, "outbound", "https", signed, {"source": "event"}) for code in doors_out),
        ],
        "interfaces": [
            _interface("bench.in", "bench-in", "location.changed", topic="location.changed", handler="bench.nothing"),
            {
                "code": "bench.inside",
                "name": "Benchmark inside",
                "endpoint": "bench-inside",
                "document_type": "location.changed",
                "policy": "bench",
                "handler": "bench.nothing",
            },
            *(_interface(code.replace("-", "."), code, "product.changed") for code in doors_out),
        ],
        "contracts": [
            {"code": name, "name": name, "document_type": name, "file": f"contracts/{name}.json"} for name in _MEMBERS
        ],
        "mappings": [
            {"code": f"bench.{name}", "name": name, "document_type": name, "file": f"mappings/{name}.json"}
            for name in _MEMBERS
        ],
        "samples": [
            _sample("bench.in", "location.changed"),
            *(_sample(code.replace("-", "."), "product.changed") for code in doors_out),
        ],
        "policies": [
            {
                "code": "bench",
                "name": "Benchmark",
                "timing": "real_time",
                "on_failure": "block",
                "retry": {"kind": "exponential", "base": 5, "factor": 3, "cap": 1800, "max_attempts": 8},
                "acknowledgement": "none",
                "service_level": "bench",
                "retention": "bench",
            }
        ],
        "service_levels": [{"code": "bench", "name": "Benchmark", "resolve_hours": 24, "target_percent": 95}],
        "retentions": [
            {
                "code": "bench",
                "name": "Benchmark",
                "payload_days": 30,
                "message_days": 90,
                "attempt_days": 30,
                "dedupe_days": 90,
            }
        ],
    }
