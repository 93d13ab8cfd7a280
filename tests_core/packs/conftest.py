"""One test per pack for whatever asks for a ``pack``."""

import pytest
from pack_reading import Pack, packs


@pytest.fixture(params=sorted(packs()))
def pack(request: pytest.FixtureRequest) -> Pack:
    return packs()[request.param]
