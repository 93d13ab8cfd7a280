from . import lifecycle_reject
from . import credential_rotate
from . import pack_install
