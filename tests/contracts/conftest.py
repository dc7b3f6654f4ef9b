"""What the contract suites run on."""

from collections.abc import Iterator

import pytest

from loadtests.redis_process import RedisProcess


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisProcess]:
    """A Redis for this module; who kills it starts one of their own."""
    process = RedisProcess().start()
    yield process
    process.stop()
