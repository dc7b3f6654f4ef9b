import datetime
from collections.abc import AsyncIterator, Callable

import pytest

from chat.media.limited import LimitedReencoder
from chat.media.service import Media
from chat.scope import Actor, Scope
from chat.settings import Limits
from chat.storage.database import Database

NOW = 1_750_000_000_000
PATIENCE_S = 60.0
"""Its processor time is bounded; how long a child waits for a processor is not asked here."""
LIMITS = Limits(picture_bytes=200_000, picture_pixels=1_000_000, unclaimed_pictures=3)


@pytest.fixture
async def media(database: Database) -> AsyncIterator[Media]:
    reencoder = LimitedReencoder(wall_seconds=PATIENCE_S)
    yield Media(database, LIMITS, reencoder)
    reencoder.close()


@pytest.fixture
def acting() -> Callable[..., Scope]:
    """Make the scope of an account."""

    def scope(account: int, now: int = NOW, *, active: bool = True) -> Scope:
        born = datetime.date(1980, 1, 1)
        return Scope(now, "da", Actor(account, 1, active, born, 151, NOW))

    return scope
