"""Bodies of confidential documents, encrypted at rest.

A body is bound to its company, its kind and the SHA-256 of what it says: it opens nowhere else and as nothing else.
Plain bodies pay nothing: whether one is encrypted stands on its row.
"""

SEALED = "p.content, p.key_id, p.company_id, p.kind, p.sha256"
"""The columns of ``sync_payload p`` that :func:`opened` takes, in their order."""


def ring_of(env):
    """The server's keys.

    :raises KeyProblem: when none is configured
    """
    return env["sync.credential.version"]._ring()


def seal(ring, company_id, kind, content, sha256):
    """``content`` encrypted, as (key id, bytes)."""
    return ring.seal(content, _bound(company_id, kind, sha256))


def opened(env, content, key_id, company_id, kind, sha256):
    """The bytes of a row as they were before they were stored; None where there are none any more.

    :raises KeyProblem: when the key is not configured, or another one
    """
    if content is None:
        return None
    if key_id is None:
        return bytes(content)
    return ring_of(env).unseal(key_id, bytes(content), _bound(company_id, kind, sha256))


def reseal(ring, content, key_id, company_id, kind, sha256):
    """A body of a row encrypted anew with the key that encrypts now, as (key id, bytes)."""
    bound = _bound(company_id, kind, sha256)
    return ring.seal(ring.unseal(key_id, bytes(content), bound), bound)


def _bound(company_id, kind, sha256):
    return f"sync.payload:{company_id}:{kind}:{sha256}"
