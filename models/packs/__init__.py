from . import pack
from . import loading
from . import timing
from . import checklist
from . import certification
from . import going_live
