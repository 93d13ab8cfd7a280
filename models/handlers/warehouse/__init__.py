from . import shipment_confirmed
from . import shipment_trial
from . import delivery_carrier
from . import label_booked
from . import manifest_closed
