"""The gates of SnakSammen: who acts, and as what. Unknown and forbidden answer alike (G6)."""

from chat.accounts.model import Post
from chat.accounts.service import standing
from chat.scope import Scope
from chat.snaksammen import volunteer_store
from chat.snaksammen.onboarding import State, Volunteer
from chat.snaksammen.volunteer_store import Coordinator
from chat.storage.database import Reader
from protocol.errors import Refused


def post_of(reader: Reader, account: int) -> Post | None:
    """Tell what an account does in SnakSammen: that says how long its sessions live."""
    if volunteer_store.coordinator(reader, account) is not None:
        return Post.STAFF
    one = volunteer_store.volunteer_of(reader, account)
    return None if one is None or one.state is State.ENDED else Post.VOLUNTEER


def acting_volunteer(reader: Reader, scope: Scope, *, active: bool = False) -> Volunteer:
    """Give the volunteer that acts; `active`: one who talks at present.

    Raises `Refused`: `not_found` for whoever is none, `not_now` where `active` is asked for.
    """
    _check_active(reader, scope)
    one = volunteer_store.volunteer_of(reader, scope.me.account)
    if one is None or one.state is State.ENDED:
        raise Refused("not_found")
    if active and one.state is not State.ACTIVE:
        raise Refused("not_now")
    return one


def acting_coordinator(reader: Reader, scope: Scope) -> Coordinator:
    """Give the coordinator that acts. Raises `Refused("not_found")` for whoever is none."""
    _check_active(reader, scope)
    who = volunteer_store.coordinator(reader, scope.me.account)
    if who is None:
        raise Refused("not_found")
    return who


def access_volunteer(reader: Reader, who: Coordinator, volunteer_id: int) -> Volunteer:
    """Read a volunteer of the coordinator's own branch. Raises `Refused("not_found")`."""
    one = volunteer_store.volunteer(reader, volunteer_id)
    if one is None or one.branch != who.branch:
        raise Refused("not_found")
    return one


def _check_active(reader: Reader, scope: Scope) -> None:
    """Check in the transaction what a session may not know yet."""
    person = standing(reader, scope.me.account, scope.today)
    if person is None or scope.me.guest:
        raise Refused("not_authenticated")
    if not person.active:
        raise Refused("not_active")
