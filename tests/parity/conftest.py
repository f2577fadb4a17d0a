"""One LibreOffice for all tests of a run that compare with it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.parity.engines.office import Office, OfficeMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def office() -> Iterator[Office]:
    """A running LibreOffice; a test that needs it fails where there is none, for nothing else checks what it checks."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(Office())
        except OfficeMissingError as missing:
            pytest.fail(str(missing), pytrace=False)
        yield running
