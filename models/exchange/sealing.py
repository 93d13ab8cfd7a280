"""Bodies and events of confidential interfaces, encrypted at rest.

A body is bound to its company, its kind and the SHA-256 of what it says: it opens nowhere else and as nothing else.
Plain bodies pay nothing: whether one is encrypted stands on its row. The document of an event is one text, JSON or a
token that holds the JSON; a token is bound to its company, its type and the record it is about.
"""

SEALED = "p.content, p.key_id, p.company_id, p.kind, p.sha256"
"""The columns of ``sync_payload p`` that :func:`opened` takes, in their order."""

EVENT = "e.document, e.company_id, e.document_type, e.res_model, e.res_id"
"""The columns of ``sync_event e`` that :func:`event_text` takes, in their order."""
TOKEN = "v1."
"""With this an encrypted document of an event begins; JSON never does."""


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


def seal_event(ring, text, company_id, document_type, res_model, res_id):
    """The token that holds the document of an event."""
    return ring.encrypt(text, _of_event(company_id, document_type, res_model, res_id))


def event_text(env, text, company_id, document_type, res_model, res_id):
    """The document of an event as JSON text, however it is stored.

    :raises KeyProblem: as :func:`opened`
    """
    if not (text or "").startswith(TOKEN):
        return text
    return ring_of(env).decrypt(text, _of_event(company_id, document_type, res_model, res_id))


def _of_event(company_id, document_type, res_model, res_id):
    return f"sync.event:{company_id}:{document_type}:{res_model}:{res_id}"
