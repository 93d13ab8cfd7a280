"""``odoo sync_translate``: files through decode, validate and translate, as production does it, without effect."""

import sys
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry

from ...core.codecs import codec
from ...core.codecs.media import MEDIA_TYPES, form_of_answer
from ...core.codecs.recognition import LOOKED_AT, recognised
from ...core.contracts import summary
from ...core.faults import Fault
from ...core.work import Work
from ..exchange import stages
from ..exchange.batch import Batch
from ..exchange.cursor import rolled_back
from ..exchange.inbound import run_stages
from ..partner.endpoint_environment import environment_fault

INBOUND = (stages.decode, stages.validate, stages.translate)
OUTBOUND = (stages.translate, stages.validate, stages.encode)
AT_ONCE = 200
FITS = {
    "json": ("JSON",),
    "ndjson": ("JSON", "JSON lines"),
    "xml": ("XML", "UBL"),
    "ubl": ("UBL", "XML"),
    "flat": ("text",),
    "x12": ("X12",),
    "edifact": ("EDIFACT",),
}
"""What files of a codec look like."""
MEANS = {"JSON": "json", "JSON lines": "jsonl", "XML": "xml", "UBL": "xml"}
"""As which media type the answer of a partner would have said so."""


class Refused(Exception):
    """The command cannot do what it was asked; ``args[0]`` says why."""


class Told:
    """Standard output and standard error, line by line as it comes; ``failed`` once a fault was told."""

    def __init__(self):
        self.failed = False

    def document(self, content):
        """:param content: the bytes of a document, with the end of its line"""
        sys.stdout.buffer.write(content)

    def note(self, text):
        """Odd, and no fault."""
        sys.stderr.write(f"{text}\n")

    def fault(self, text):
        """A sentence with its place in front."""
        self.failed = True
        sys.stderr.write(f"{text}\n")


def run(options):
    """The command; returns its exit status: 0 all went through, 1 there were faults, 2 it could not be done."""
    told = Told()
    try:
        with rolled_back(Registry(options.database)) as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})  # whoever may start the server owns the database
            _translate(env, options, told)
    except (Refused, UserError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        sys.stdout.flush()
    return 1 if told.failed else 0


def _translate(env, options, told):
    """The files on the interfaces of the pack: those of this database, or as the pack is shipped. Rolled back after.

    :raises Refused: when no interface, or more than one, takes a file
    """
    interfaces = _interfaces(
        env, options.pack, options.partner, options.route, "outbound" if options.encode else "inbound"
    )
    for name in options.files:
        with Path(name).open("rb") as stream:
            if options.encode:
                _encode(env, _only(interfaces, name), name, stream.read(), told)
            else:
                _decode(env, interfaces, name, stream, told)


# -- which interface -------------------------------------------------------------------------------------------------


def _interfaces(env, pack, code, route, direction):
    partners = env["sync.trading.partner"].search([("pack", "=", pack), *([("code", "=", code)] if code else [])])
    if not partners:
        # Who names a route may mean one that partners may do without.
        every = [door["code"] for door in env["sync.pack"]._read(pack)["endpoints"]] if route else []
        values = {"environment": "production", "endpoints": every, **({"code": code} if code else {})}
        partners = env["sync.pack"]._load(pack, env.company, values)
        # Nobody has agreed with a partner yet what a test is.
        partners.endpoint_ids.write({"test_flag_source": False, "test_flag_value": False, "test_flag_words": False})
    elif len(live := partners.filtered(lambda each: each.state == "live")) == 1:
        partners = live
    if len(partners) > 1:
        raise Refused(f"Several partners are of the pack {pack}; say --partner: {', '.join(partners.mapped('code'))}.")
    interfaces = env["sync.interface"].search([("trading_partner_id", "=", partners.id), ("direction", "=", direction)])
    known = ", ".join(interfaces.mapped("code")) or "none"
    if route:
        interfaces = interfaces.filtered(lambda each: route in (each.code, each.pack_code, each.document_type))
    if not interfaces:
        raise Refused(
            f"The pack {pack} has no such route {'out' if direction == 'outbound' else 'in'}; it has {known}."
        )
    return interfaces


def _only(interfaces, name):
    if len(interfaces) > 1:
        raise Refused(f"{name}: several routes may take it; say --route: {', '.join(interfaces.mapped('code'))}.")
    return interfaces


# -- in --------------------------------------------------------------------------------------------------------------


def _decode(env, interfaces, name, stream, told):
    kind = recognised(stream.read(LOOKED_AT))
    stream.seek(0)
    fitting = interfaces.filtered(lambda each: kind is None or kind in FITS.get(_form(each, kind)[0], ()))
    if not fitting:
        read = ", ".join(sorted(set(interfaces.endpoint_id.mapped("codec"))))
        told.fault(f"{name}: decode.malformed: it looks like {kind}, and the route reads {read}.")
    elif len(fitting) == 1:
        for work in _through(env, fitting, stream, kind):
            _tell(name, work, told)
    else:
        for work in _by_the_one(env, fitting, name, stream, kind):
            _tell(name, work, told)


def _form(interface, kind):
    """(name, options) of the codec that reads a file of this kind: of an answer it is what the file looks like."""
    endpoint = interface.endpoint_id
    headers = _headers(kind) if interface.replies_to_id else {}
    return form_of_answer(headers, endpoint.codec, endpoint.codec_options or "")


def _headers(kind):
    return {"content-type": MEDIA_TYPES.get(MEANS.get(kind, ""), "")}


def _by_the_one(env, interfaces, name, stream, kind):
    """The works on the only interface that takes the file without a fault."""
    good = []
    for interface in interfaces:
        stream.seek(0)
        works = list(_through(env, interface, stream, kind))
        if not any(isinstance(work.outcome, Fault) for work in works):
            good.append(works)
    if len(good) != 1:
        codes = ", ".join(interfaces.mapped("code"))
        raise Refused(f"{name}: {'several' if good else 'none of the'} routes take it; say --route: {codes}.")
    return good[0]


def _through(env, interface, stream, kind=None):
    """The works of one file behind the last stage, some at a time."""
    endpoint = interface.endpoint_id
    splits = getattr(codec(*_form(interface, kind)), "split", None)
    if splits is None or interface.replies_to_id:  # an answer is one document
        headers = _headers(kind) if interface.replies_to_id else {}
        yield from _staged(env, interface, [_work(interface, 1, raw=stream.read(), headers=headers)], INBOUND)
        return
    parts = (part for part in splits(stream) if part.document is not None or part.faults)
    while some := list(islice(parts, AT_ONCE)):
        pairs = [(part, _work_of(interface, endpoint, part)) for part in some]
        _staged(env, interface, [work for _part, work in pairs], INBOUND[1:])
        for part, work in pairs:
            work.notices = [*(finding.detail for finding in part.findings), *work.notices]
            yield work


def _work_of(interface, endpoint, part):
    """A document of a file, as the decode stage leaves it."""
    work = _work(interface, part.position, document=part.document, reference=next(iter(part.references.values()), None))
    if part.document is None:
        work.outcome = summary(part.faults)
    elif flag := endpoint._test_flag():
        work.outcome = environment_fault(flag, endpoint.environment, part.document, {})
    return work


def _staged(env, interface, works, wanted):
    """The works after the stages, which see the interface whether it is live or not."""
    batch = Batch(env)
    batch._interfaces[interface.id] = env["sync.engine"]._profile_of(interface)
    run_stages(batch, works, wanted)
    return works


def _work(interface, position, **values):
    return Work(
        message_id=position,
        uid=f"line-{position}",
        direction=interface.direction,
        endpoint_id=interface.endpoint_id.id,
        interface_id=interface.id,
        trading_partner_id=interface.trading_partner_id.id,
        company_id=interface.company_id.id,
        document_type=interface.document_type,
        attempt=1,
        received_at=datetime.now(timezone.utc),
        **values,
    )


def _tell(name, work, told):
    place = f"{name}:{work.message_id}"
    for notice in work.notices:
        told.note(f"{place}: note: {notice}")
    if isinstance(work.outcome, Fault):
        for fault in work.outcome.causes or (work.outcome,):
            where = f" ({fault.pointer})" if fault.pointer else ""
            told.fault(f"{place}: {fault.code}: {fault.detail}{where}")
    else:
        told.document(codec("json").encode(work.canonical) + b"\n")


# -- out -------------------------------------------------------------------------------------------------------------


def _encode(env, interface, name, raw, told):
    """Canonical documents (JSON, or one on each line) as the partner's bytes; several in one file where it has room."""
    try:
        documents = [codec("json").decode(raw)]
    except Fault:
        documents = [part.document or part.faults[0] for part in codec("ndjson").split(raw)]
    works = [_work(interface, number, canonical=document) for number, document in enumerate(documents, 1)]
    for work in works:
        if isinstance(work.canonical, Fault):
            work.outcome = work.canonical
    endpoint = interface.endpoint_id
    one_file = len(works) > 1 and endpoint.codec in ("flat", "xml")
    _staged(env, interface, works, OUTBOUND[:2] if one_file else OUTBOUND)
    for work in works:
        if isinstance(work.outcome, Fault):
            _tell(name, work, told)
    good = [work for work in works if work.live]
    if one_file and good:
        try:
            writing = codec(endpoint.codec, endpoint.codec_options or "").write([work.document for work in good])
            told.document(b"".join(writing))
        except Fault as fault:
            told.fault(f"{name}: {fault.code}: {fault.detail}")
    else:
        end = b"\n" if len(good) > 1 and endpoint.codec == "json" else b""
        told.document(b"".join(work.encoded + end for work in good))
