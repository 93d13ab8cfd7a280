"""Whether a document is a test, as it says itself, and whether that fits the door it came through."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...core.faults import Fault
from .endpoint_profile import _found

TEST_WORDS = "true, test, T, 1"


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    test_flag_source = fields.Selection(
        [("pointer", "A member of the document"), ("header", "A header")],
        string="Test flag",
        tracking=True,
        help="Where a document says that it is a test: ISA15 of an X12 interchange, the test indicator of an EDIFACT"
        " UNB, “test” of a shop. What it says must fit the environment of the endpoint, else the document is refused.",
    )
    test_flag_value = fields.Char(
        string="Flag is found at", tracking=True, help="JSON pointer (/test) or name of the header."
    )
    test_flag_words = fields.Char(
        string="It is a test when it says",
        default=TEST_WORDS,
        tracking=True,
        help="Separated by commas; anything else, and a document without the flag, is a real one. For a flag that says"
        " “real”, such as Stripe's livemode, write: false",
    )

    @api.constrains("test_flag_source", "test_flag_value", "test_flag_words")
    def _check_test_flag(self):
        for endpoint in self.filtered("test_flag_source"):
            if not endpoint.test_flag_value or not endpoint._test_words():
                raise ValidationError(self.env._("Say where the test flag is found, and what it says of a test."))
            if endpoint.test_flag_source == "pointer" and not endpoint.test_flag_value.startswith("/"):
                raise ValidationError(self.env._("A pointer to the test flag begins with a slash."))

    def _test_words(self):
        return frozenset(word.strip().lower() for word in (self.test_flag_words or "").split(",") if word.strip())

    @api.private
    def _test_flag(self):
        """(source, value, words in small letters) of the endpoint's test flag, or None if it has none."""
        self.ensure_one()
        if not self.test_flag_source:
            return None
        return self.test_flag_source, self.test_flag_value, self._test_words()


def environment_fault(flag, environment, document, headers):
    """The fault of a document whose test flag does not fit the environment of its endpoint, or None.

    :param flag: of :meth:`SyncEndpoint._test_flag`
    """
    source, value, words = flag
    found = _found(source, value, headers, document)
    is_test = str(found).lower() in words
    if is_test == (environment != "production"):
        return None
    said = f"says “{found}” at {value}" if found is not None else f"says nothing at {value}"
    return Fault(
        "decode.wrong_environment",
        f"The document {said}, so it is {'a test' if is_test else 'no test'}; the endpoint is for {environment}.",
        pointer=value if source == "pointer" else None,
        expected="a test" if environment != "production" else "no test",
        found=found,
        subject=f"environment {environment}",
    )
