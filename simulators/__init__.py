"""Partners for demonstration and tests: a shop, a 3PL, a carrier, a payment gateway and a finance system.

Written from the vendors' documented behaviour; nothing here imports the addon. Each one is a process of its own that
speaks HTTP on loopback with real signatures, and is told what to do through ``POST /control/<verb>``.
"""
