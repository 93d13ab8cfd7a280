from . import nothing
from . import publishers
