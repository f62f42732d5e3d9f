"""What the SDK's tests may ask for."""

import pytest

from tests.support.sdk_bench import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()
