from . import test_flow, test_queue, test_webhook
