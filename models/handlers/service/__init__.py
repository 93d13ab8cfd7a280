from . import tracking_event
from . import dispatch_notice
