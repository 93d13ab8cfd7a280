from . import process_type
from . import milestone_type
from . import process
from . import process_link
from . import milestone
from . import hold
from . import parcel
from . import gate
