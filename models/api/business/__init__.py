from . import endpoint
from . import resource
from . import reading
from . import orders
from . import order_parts
from . import customers
from . import purchases
from . import availability
