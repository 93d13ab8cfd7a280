from . import by_hand
from . import kept
