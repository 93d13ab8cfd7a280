from . import bare_body
from . import route
