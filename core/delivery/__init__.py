"""Delivery: who signed a request, when to try again, whether a partner is well, and HTTP that cannot be misled."""
