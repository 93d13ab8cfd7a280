from . import pack
from . import loading
from . import timing
