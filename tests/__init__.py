from . import test_flow, test_queue, test_webhook
from . import test_exception, test_exchange_access
