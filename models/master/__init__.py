from . import xref
from . import xref_lookup
from . import ownership_version
from . import ownership
