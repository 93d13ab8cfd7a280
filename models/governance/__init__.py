from . import transition
from . import lifecycle
