from . import invoice_release
from . import payment_received
from . import tax_determined
from . import payment_due
