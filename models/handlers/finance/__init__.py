from . import invoice_release
from . import payment_received
