from . import lifecycle_reject
from . import credential_rotate
