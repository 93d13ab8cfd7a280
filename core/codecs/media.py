"""By which codec an answer is read: what its media type says, as far as it says anything."""

from __future__ import annotations

from collections.abc import Mapping

MEDIA_TYPES = {"json": "application/json", "jsonl": "application/jsonl", "xml": "application/xml"}
"""Of files, by how their names end."""


def form_of_answer(headers: Mapping[str, str], name: str, options: str = "") -> tuple[str, str]:
    """(name, options) of the codec for an answer with these ``headers``.

    ``name`` and ``options`` are those of the endpoint. They hold where the media type says nothing, or nothing that we
    know (``text/html`` of a careless server), and where it names what the endpoint speaks anyway.
    """
    said = next((value for key, value in headers.items() if key.lower() == "content-type"), "")
    kind = said.partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return ("json", "") if name != "json" else (name, options)
    if kind in ("application/xml", "text/xml") or kind.endswith("+xml"):
        # HTML is no document of a partner, however proper its XML is.
        return (name, options) if name in ("xml", "ubl") or kind == "application/xhtml+xml" else ("xml", "")
    if kind in ("application/x-ndjson", "application/jsonl"):
        return ("ndjson", "")
    return name, options
