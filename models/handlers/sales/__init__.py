from . import sale_order_line
from . import order_create
from . import order_customer
from . import order_items
from . import order_prices
from . import order_compared
