from . import by_hand
from . import kept
from . import identifiers_reported
