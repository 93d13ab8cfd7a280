from . import shipment_confirmed
