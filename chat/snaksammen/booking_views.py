"""How a booking looks to one who is in it."""

from chat.snaksammen import planning, talk_store
from chat.snaksammen.booking import Booking
from chat.snaksammen.model import Role
from chat.snaksammen.talk_store import Talk
from chat.storage.database import Reader, Transaction
from protocol import volunteering as vol
from protocol.ids import encode_id


def seen(reader: Reader, found: Booking, role: Role) -> vol.Booking | None:
    """Show a booking to one party; None if its talk is not there."""
    planned = talk_store.of_booking(reader, found.id)
    return None if planned is None else view(reader, found, role, planned)


def shown(
    txn: Transaction,
    found: Booking,
    role: Role,
    planned: Talk | None = None,
    *,
    link: bool = False,
) -> vol.Booking:
    """Show a booking to the one who acts, with a new link of their own if `link`."""
    planned = planned or talk_store.of_booking(txn, found.id)
    assert planned is not None, "every confirmed booking has its talk"
    token = planning.new_link(txn, planned.id, role) if link else None
    return view(txn, found, role, planned, token)


def view(
    reader: Reader, found: Booking, role: Role, planned: Talk, token: str | None = None
) -> vol.Booking:
    """Show a booking to one party, with a link of their own if one was made."""
    parties = talk_store.parties(reader, planned.id)
    other = parties[Role.CITIZEN if role is Role.VOLUNTEER else Role.VOLUNTEER]
    coordinator = parties.get(Role.COORDINATOR)
    return vol.Booking(
        id=encode_id(found.id),
        talk=encode_id(planned.id),
        service=found.service,
        state=found.state.value,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        with_whom=other.name,
        age_band=found.band.value,
        by_parent=found.by_parent,
        coordinator=None if coordinator is None else coordinator.name,
        course=None if found.course is None else encode_id(found.course),
        token=token,
    )
