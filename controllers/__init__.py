from . import health
from . import raw_dispatcher
from . import webhook
from . import oauth
from . import api
