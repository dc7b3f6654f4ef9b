"""Many volunteers at once, for a made-up town: as if a coordinator had admitted each."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chat.snaksammen import volunteer_store
from chat.snaksammen.onboarding import Profile, State, Steps, Volunteer
from chat.storage.database import Transaction


class Helper(NamedTuple):
    """An account that is a volunteer too, under a shown name. `id` is the volunteer's own."""

    id: int
    account: int
    name: str
    languages: Sequence[str] = ("da",)


def admit(
    txn: Transaction, branch: int, name: str, municipality: int, helpers: Iterable[Helper], at: int
) -> None:
    """Admit volunteers to a branch, founded if need be; none has a certificate for children."""
    if volunteer_store.branch_named(txn, name) is None:
        volunteer_store.add_branch(txn, volunteer_store.Branch(branch, name, municipality))
    found = volunteer_store.branch_named(txn, name)
    assert found is not None, "founded just now, or before"
    for one in helpers:
        profile = Profile(one.name, "", tuple(one.languages), ())
        volunteer_store.add_volunteer(
            txn,
            Volunteer(
                one.id, one.account, found.id, State.ACTIVE, profile, Steps(at, at, None), at
            ),
        )
