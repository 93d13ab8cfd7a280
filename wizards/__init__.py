from . import lifecycle_reject
from . import credential_rotate
from . import exception_close
from . import exception_map
from . import message_request
from . import pack_install
from . import traffic_waiver
