from . import pack
from . import loading
