"""Interchanges of our own writing for the tests: a lamp dealer and its supplier."""

from sync_governance.core.codecs.edi.interchanges import read_interchanges
from sync_governance.core.codecs.edi.report import EdiPart, ReadOptions

ISA = (
    "ISA*00*          *00*          *ZZ*LAMPSHOP       *ZZ*BULBWORKS      *260315*0930*{eleven}*{version}"
    "*{control:09d}*0*P*>~"
)


def x12(
    *sets: str, control: int = 7, group: str = "PO", version: str = "004010", isa: str = "00401", eleven: str = "U"
) -> bytes:
    """One X12 interchange with one group; ``sets`` are the segments between ST and SE, with the set's type before."""
    lines = [
        ISA.format(control=control, version=isa, eleven=eleven),
        f"GS*{group}*LAMPSHOP*BULBWORKS*20260315*0930*{control}*X*{version}~",
    ]
    for number, body in enumerate(sets, 1):
        kind, _colon, segments = body.partition(":")
        segments = [segment.strip() for segment in segments.split("~") if segment.strip()]
        lines += [
            f"ST*{kind}*{number:04d}~",
            *[f"{segment}~" for segment in segments],
            f"SE*{len(segments) + 2}*{number:04d}~",
        ]
    lines += [f"GE*{len(sets)}*{control}~", f"IEA*1*{control:09d}~"]
    return "\n".join(lines).encode() + b"\n"


def edifact(
    *messages: str, syntax: str = "UNOC:3", una: str = "", reference: str = "R1", charset: str = "latin-1"
) -> bytes:
    """One EDIFACT interchange; ``messages`` are ``ORDERS:D:96A:UN|segments``."""
    lines = [una] if una else []
    lines.append(
        f"UNB+{syntax}+LAMPSHOP+BULBWORKS+{'20260315' if syntax.endswith(':4') else '260315'}:0930+{reference}'"
    )
    for number, body in enumerate(messages, 1):
        kind, _bar, segments = body.partition("|")
        held = [segment.strip() for segment in segments.split("\n") if segment.strip()]
        lines += [f"UNH+M{number}+{kind}'", *held, f"UNT+{len(held) + 2}+M{number}'"]
    lines.append(f"UNZ+{len(messages)}+{reference}'")
    return "\n".join(lines).encode(charset) + b"\n"


ORDER_850 = (
    "850:BEG*00*SA*PO-{number}**20260315~REF*DP*12~N1*ST*Lamp Shop*92*S1~N3*Light Street 1~N4*Boston*MA*02101*US~"
    "PO1*1*6*EA*9.5**VN*L-100*UP*012345678905~PID*F****Desk lamp~PO1*2*2.5*BX*40**VN*L-200~CTT*2~"
)
ORDERS = """ORDERS:D:96A:UN:EAN008|BGM+220+PO-{number}+9'
    DTM+137:20260315:102'
    NAD+BY+4000001000005::9'
    CTA+OC+:Ann'
    COM+ann@lamps.example:EM'
    LIN+1++4006381333931:EN'
    IMD+F++:::Desk lamp'
    QTY+21:6:PCE'
    PRI+AAA:9.5'
    UNS+S'
    CNT+2:1'"""
DESADV = """DESADV:D:96A:UN|BGM+351+D-1+9'
    DTM+137:20260316:102'
    CPS+1'
    CPS+2+1'
    PAC+1++201::9'
    PCI+33E'
    GIN+BJ+340000010000000018'
    LIN+1++4006381333931:EN'
    QTY+12:6'
    CPS+3+2'
    PAC+1++CT'
    LIN+2++4006381333948:EN'
    QTY+12:1'
    CNT+2:2'"""
SHIP_856 = (
    "856:BSN*00*SH-1*20260316*101500*0001~HL*1**S~TD5**2*UPSN~HL*2*1*O~PRF*PO-1~"
    "HL*3*2*P~MAN*GM*00340000010000000018~HL*4*3*I~LIN**VN*L-100~SN1**6*EA~HL*5*1*O~PRF*PO-2~CTT*5~"
)


def read(data: bytes, **options) -> list[EdiPart]:
    """All parts of a file."""
    return list(read_interchanges(data, ReadOptions(**options) if options else None))


def documents(data: bytes, **options) -> list[dict]:
    return [part.document for part in read(data, **options) if part.document is not None]


def kinds(part: EdiPart) -> list[str]:
    """The kinds of everything that was wrong with a part."""
    return [fault.kind for fault in (*part.faults, *part.findings)]


def no_guides(*_which) -> None:
    """Reads generically."""
