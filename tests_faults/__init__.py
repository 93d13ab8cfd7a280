"""The fault suite: real Odoo processes against a real PostgreSQL, killed, stalled and cut off while partners send.

``./dev test`` plays it in a short form, ``./dev test --faults`` in a long one; `docs/faults.md` says what it proves.

* ``stage``      the cluster, the Odoo server, the crews of workers, and what can be done to them
* ``senders``    partners that sign, send, repeat and remember what they were answered
* ``scenarios``  one fault each
* ``checker``    reads the senders' log and the database and says what is not as promised
* ``addons``     a test-only addon: a light handler that can be told to misbehave, and kills at every step
"""
