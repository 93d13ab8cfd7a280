from . import purchase_order
from . import order_answered
