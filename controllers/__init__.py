from . import raw_dispatcher
from . import webhook
