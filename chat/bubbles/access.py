"""The gates to bubbles: what is hidden and what is missing get the same answer (G6)."""

from chat.accounts.model import Standing
from chat.accounts.service import standing
from chat.bubbles import store
from chat.bubbles.model import Bubble, Viewer, may_see
from chat.scope import Scope
from chat.storage.database import Reader
from protocol.errors import Refused


def acting(reader: Reader, scope: Scope) -> Standing:
    """Give the account that acts as it stands now, which a session may not know yet.

    Raises `Refused`: `not_authenticated`, `not_active`.
    """
    person = standing(reader, scope.me.account, scope.today)
    if person is None:
        raise Refused("not_authenticated")
    if not person.active:
        raise Refused("not_active")
    return person


def access_bubble(reader: Reader, viewer: Viewer, bubble_id: int) -> Bubble:
    """Read a bubble that the viewer may see. Raises `Refused("not_found")`."""
    bubble = store.find(reader, bubble_id)
    if bubble is None or not may_see(bubble, viewer):
        raise Refused("not_found")
    return bubble


def access_own(reader: Reader, scope: Scope, bubble_id: int) -> Bubble:
    """Read a bubble of the account that acts. Raises `Refused("not_found")`."""
    bubble = store.find(reader, bubble_id)
    if bubble is None or bubble.author.account != scope.me.account:
        raise Refused("not_found")
    return bubble
