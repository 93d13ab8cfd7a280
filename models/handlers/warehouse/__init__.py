from . import shipment_confirmed
from . import shipment_trial
from . import delivery_carrier
