from collections.abc import Iterator

import pytest

from tests.simulators.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()
