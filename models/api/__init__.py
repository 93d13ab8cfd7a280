from . import gauge
from . import message
from . import ir_http
from . import client
from . import sending
from . import reading
from . import describing
