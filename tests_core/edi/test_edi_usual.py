"""A usual message of each kind that partners send: read without any finding, and written with the same bytes."""

from decimal import Decimal

import jmespath
import pytest
from edi_texts import edifact, kinds, read, x12
from sync_governance.core.codecs.edi.sending import write_interchange

X12_USUAL = {
    "214": (
        "QM",
        "B10*PRO-1*SH-1*UPSN~L11*PO-1*PO~N1*SH*Bulb Works~N1*CN*Lamp Shop*92*S1~LX*1~"
        "AT7*D1*NS***20260318*1405*ET~MS1*Boston*MA*US~L11*1Z999*2I~AT8*G*L*12.5*2~",
        "[beginning.shipment_number, lines[0].statuses[0].[status, date, time], lines[0].references[0].value]",
        ["SH-1", ["D1", "2026-03-18", "14:05"], "1Z999"],
    ),
    "820": (
        "RA",
        "BPR*C*175.5*C*ACH*CTX*01*021000021*DA*12345*1234567890**01*021000089*DA*67890*20260320~TRN*1*TR-1*1234567890~"
        "CUR*PR*USD~N1*PR*Lamp Shop~N1*PE*Bulb Works~ENT*1~RMR*IV*I-1*PO*100*120*2~REF*PO*PO-1~DTM*003*20260316~"
        "ADX*-18*01~RMR*IV*I-2*PO*75.5*75.5~",
        "[beginning.amount, entities[0].remittances[].[reference, paid], "
        "entities[0].remittances[0].adjustments[0].amount]",
        [Decimal("175.5"), [["I-1", Decimal(100)], ["I-2", Decimal("75.5")]], Decimal(-18)],
    ),
    "860": (
        "PC",
        "BCH*04*SA*PO-1**1*20260315*****20260316~REF*DP*12~POC*1*QI*8*2*EA*9.5**VN*L-100~PID*F****Desk lamp~"
        "POC*2*DI***EA***VN*L-200~CTT*2~",
        "[beginning.[number, change_date], lines[].[line, change, quantity]]",
        [["PO-1", "2026-03-16"], [["1", "QI", Decimal(8)], ["2", "DI", None]]],
    ),
    "945": (
        "SW",
        "W06*F*SO-1*20260318*SH-1**PO-1~N1*ST*Lamp Shop*92*S1~N4*Boston*MA*02101*US~N9*BM*B-1~G62*11*20260318~"
        "W27*M*UPSN*UPS Ground*PP~W10*1~LX*1~MAN*GM*00340000010000000018~W12*CC*6*6*0*EA**VN*L-100~G69*Desk lamp~"
        "N9*LT*LOT-1~LX*2~W12*CP*5*3*2*EA**VN*L-200~W03*9*12.5*LB~",
        "[beginning.shipment_number, lines[].[marks[0].number, items[0].[id, shipped, difference]]]",
        [
            "SH-1",
            [
                ["00340000010000000018", ["L-100", Decimal(6), Decimal(0)]],
                [None, ["L-200", Decimal(3), Decimal(2)]],
            ],
        ],
    ),
    "999": (
        "FA",
        "AK1*PO*7*005010~AK2*850*0001~IK3*PO1*5**8~IK4*2*330*6*six~IK5*R*5~AK9*R*1*1*0~",
        "[answered_group.reference, sets[0].segments[0].elements[0].[position, code, value]]",
        ["7", [Decimal(2), "6", "six"]],
    ),
}
EDIFACT_USUAL = {
    "ORDCHG": (
        "BGM+230+C-1+4'\nDTM+137:20260316:102'\nRFF+ON:PO-1'\nDTM+171:20260315:102'\nNAD+BY+4000001000005::9'\n"
        "LIN+1+3+4006381333931:EN'\nQTY+21:8:PCE'\nPRI+AAA:9.5'\nLIN+2+2+4006381333948:EN'\nUNS+S'\nCNT+2:2'",
        "[references[0].number, lines[].[line, action, quantities[0].quantity]]",
        ["PO-1", [["1", "3", Decimal(8)], ["2", "2", None]]],
    ),
    "ORDRSP": (
        "BGM+231+A-1+29'\nDTM+137:20260316:102'\nRFF+ON:PO-1'\nNAD+SU+4000001000012::9'\nUNS+S'",
        "[beginning.function, references[0].number]",
        ["29", "PO-1"],
    ),
    "INVOIC": (
        "BGM+380+I-1+9'\nDTM+137:20260316:102'\nPAI+::42'\nRFF+ON:PO-1'\nNAD+SU+4000001000012::9'\nRFF+VA:DE123456789'\n"
        "NAD+BY+4000001000005::9'\nTAX+7+VAT+++:::19+S'\nCUX+2:EUR:4'\nPAT+1++5:3:D:30'\nALC+C++++FC'\nMOA+8:6.9'\n"
        "LIN+1++4006381333931:EN'\nIMD+F++:::Desk lamp'\nQTY+47:6:PCE'\nMOA+203:57'\nPRI+AAA:9.5'\n"
        "TAX+7+VAT+++:::19+S'\nUNS+S'\nCNT+2:1'\nMOA+79:57'\nMOA+77:76.04'\nTAX+7+VAT+++:::19+S'\nMOA+124:12.14'",
        "[payment_terms[0].periods, charges[0].amounts[0].amount, summary_taxes[0].[rate, amounts[0].amount]]",
        [Decimal(30), Decimal("6.9"), [Decimal(19), Decimal("12.14")]],
    ),
    "RECADV": (
        "BGM+632+W-1+9'\nDTM+137:20260318:102'\nRFF+AAK:D-1'\nNAD+DP+4000001000029::9'\nCPS+1'\nLIN+1++4006381333931:EN'\n"
        "QTY+194:5:PCE'\nQVR+-1:119'\nDTM+50:20260318:102'\nCNT+2:1'",
        "packaging[].lines[].[item, quantities[0].quantity, variances[0].quantity] | [0]",
        ["4006381333931", Decimal(5), Decimal(-1)],
    ),
    "IFTSTA": (
        "BGM+77+T-1+9'\nDTM+137:202603181405:203'\nNAD+CA+UPS'\nCNI+1+SH-1'\nLOC+8+USBOS'\nSTS+1+21'\nRFF+CN:1Z999'\n"
        "DTM+334:202603181400:203'\nNAD+CN+++Lamp Shop'",
        "consignments[0].[consignment, statuses[0].[status, dates[0].value, references[0].number]]",
        ["SH-1", ["21", "2026-03-18T14:00", "1Z999"]],
    ),
    "CONTRL": (
        "UCI+R1+LAMPSHOP+BULBWORKS+8'\nUCM+M1+ORDERS:D:96A:UN+4'\nUCS+3'\nUCD+12+2:1'",
        "[answered_interchange.action, messages[0].segments[0].elements[0].error]",
        ["8", "12"],
    ),
}


@pytest.mark.parametrize("later", [False, True], ids=["earlier", "later"])
@pytest.mark.parametrize("kind", X12_USUAL)
def test_a_usual_set_of_x12(kind, later):
    group, body, asked, expected = X12_USUAL[kind]
    data = x12(f"{kind}:{body}", group=group, version="005010" if later else "004010")
    check(data, asked, expected)


@pytest.mark.parametrize("release", ["96A", "01B"])
@pytest.mark.parametrize("kind", EDIFACT_USUAL)
def test_a_usual_message_of_edifact(kind, release):
    body, asked, expected = EDIFACT_USUAL[kind]
    check(edifact(f"{kind}:D:{release}:UN|{body}"), asked, expected)


def check(data: bytes, asked: str, expected) -> None:
    first, end = read(data)
    assert kinds(first) == kinds(end) == [], [str(fault) for fault in first.findings]
    assert jmespath.search(asked, first.document) == expected
    assert write_interchange([first.document]) == data
