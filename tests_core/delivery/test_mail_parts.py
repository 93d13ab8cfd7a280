"""What is attached to a mail: all of it or nothing."""

from email.message import EmailMessage

import pytest
from sync_governance.core.delivery.mailbox import documents_in
from sync_governance.core.faults import Fault


def mail(*names: str) -> EmailMessage:
    message = EmailMessage()
    message.set_content("Our orders of today.")
    for name in names:
        message.add_attachment(b"a;b", maintype="text", subtype="csv", filename=name)
    return message


def test_no_attachment_is_left_out_in_silence():
    assert len(documents_in(mail(*(f"{number}.csv" for number in range(198))), "*.csv")) == 198
    with pytest.raises(Fault) as refused:
        documents_in(mail(*(f"{number}.csv" for number in range(250))), "*.csv")
    assert refused.value.code == "decode.too_large"


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\secrets.csv", "/srv/exchange/orders.csv"])
def test_the_name_of_an_attachment_leads_nowhere(name):
    (attachment,) = documents_in(mail(name), "*")
    assert "/" not in attachment.name
    assert "\\" not in attachment.name


def test_a_mail_without_a_document_is_no_success():
    with pytest.raises(Fault) as refused:
        documents_in(mail("offer.pdf"), "*.csv")
    assert refused.value.code == "receive.mail_without_document"
