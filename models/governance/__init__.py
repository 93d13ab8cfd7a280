from . import transition
from . import lifecycle
from . import ending
