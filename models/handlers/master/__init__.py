from . import customer_changed
