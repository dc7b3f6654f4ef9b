"""Use cases of volunteers and coordinators: invite, onboard, profile, holiday, record."""

import datetime
from collections.abc import Container
from dataclasses import replace

from msgspec import UNSET

from chat.accounts.links import digest, new_token
from chat.accounts.model import normalise_email
from chat.accounts.service import standing
from chat.realtime.limits import Buckets, Countable, Rate
from chat.safety.model import age_band
from chat.scope import Scope
from chat.snaksammen import onboarding, volunteer_store
from chat.snaksammen.access import access_volunteer, acting_coordinator, acting_volunteer
from chat.snaksammen.model import DAY, BranchInvitation
from chat.snaksammen.onboarding import Event, Profile, State, Steps, Volunteer
from chat.snaksammen.volunteer_store import Branch, Coordinator, Holder, Service
from chat.storage.database import Database, Reader, Transaction
from chat.storage.ids import new_id
from protocol import requests as ask
from protocol import resources as res
from protocol import volunteering as vol
from protocol.errors import Refused
from protocol.ids import decode_id, encode_id

INVITATION_DAYS = 14
INVITATIONS = Rate(burst=30, per_minute=1)


class Volunteering:
    """Who is a volunteer, and where they stand. `interests`: the slugs there are."""

    def __init__(self, database: Database, interests: Container[str]) -> None:
        self._database = database
        self._interests = interests
        self._buckets = Buckets()
        self.shared: dict[str, Countable] = {"invitations": self._buckets}

    async def list_services(self, scope: Scope, request: ask.Nothing) -> vol.Services:
        """What is talked about, and for how long."""
        found = await self._database.read(volunteer_store.services)
        return vol.Services([_service(one) for one in found])

    async def put_service(self, scope: Scope, request: vol.PutService) -> vol.Service:
        """Add a service or change one, as a coordinator; times that are published stay as long.

        Raises `Refused`: `not_found` for whoever coordinates nothing, `invalid_field`.
        """
        put = Service(
            request.slug, _title(request.danish, "danish"), _title(request.english, "english"),
            request.minutes, request.weeks, request.keep_text_minutes, request.keep_contact_hours,
        )  # fmt: skip

        def unit(txn: Transaction) -> None:
            acting_coordinator(txn, scope)
            volunteer_store.put_service(txn, put)

        await self._database.write(unit)
        return _service(put)

    async def found_branch(
        self, name: str, municipality: int, account: int, shown_name: str, now: int
    ) -> int:
        """Make a branch and its first coordinator, for an operator; gives its id.

        A branch of that name gets one coordinator more.
        """

        def unit(txn: Transaction) -> int:
            volunteer_store.add_branch(txn, Branch(new_id(now), name, municipality))
            branch = volunteer_store.branch_named(txn, name)
            assert branch is not None, "added just now, or before"
            who = Coordinator(account, branch.id, onboarding.clean_name(shown_name))
            volunteer_store.put_coordinator(txn, who, now)
            return branch.id

        return await self._database.write(unit)

    async def roles(self) -> list[Holder]:
        """List who coordinates and who volunteers, for an operator."""
        return await self._database.read(volunteer_store.roles)

    async def dismiss(self, account: int, now: int) -> None:
        """Let an account coordinate no branch any more, for an operator.

        Raises `Refused`: `not_found` for whoever coordinates none, `not_now` for the last of a
        branch and while talks to come name them: another must be there first.
        """

        def unit(txn: Transaction) -> None:
            who = volunteer_store.coordinator(txn, account)
            if who is None:
                raise Refused("not_found")
            if len(volunteer_store.coordinators_of(txn, who.branch)) == 1:
                raise Refused("not_now")
            if volunteer_store.coordinates_to_come(txn, account, now):
                raise Refused("not_now")
            volunteer_store.dismiss(txn, account)

        await self._database.write(unit)

    async def invite(self, scope: Scope, request: vol.InviteToBranch) -> res.Empty:
        """Invite someone to one's own branch; the link goes by mail and is good for two weeks.

        The answer is the same whether or not the address is known. Raises `Refused`: `not_found`
        for whoever coordinates none, `invalid_field`, `rate_limited`.
        """
        email = normalise_email(request.email)
        name = onboarding.clean_name(request.name)
        self._buckets.spend(scope.me.account, INVITATIONS, scope.now)

        def unit(txn: Transaction) -> None:
            who = acting_coordinator(txn, scope)
            token = new_token()
            expires_at = scope.now + INVITATION_DAYS * DAY
            volunteer_store.add_invitation(
                txn, digest(token), who.branch, request.role, name, expires_at
            )
            branch = volunteer_store.branch(txn, who.branch).name
            txn.emit(
                BranchInvitation(
                    request.role, name, branch, email, scope.language, token, expires_at
                )
            )

        await self._database.write(unit)
        return res.Empty()

    async def accept(self, scope: Scope, request: vol.AcceptInvitation) -> vol.Invited:
        """Become a volunteer or coordinator by the link; following it twice is kind.

        One must be an adult. Raises `Refused`: `link_expired`, `not_active`, `not_found`.
        """
        return await self._database.write(_accept, scope, digest(request.token))

    async def get(self, scope: Scope, request: ask.Nothing) -> vol.Volunteer:
        """See oneself as a volunteer. Raises `not_found`."""

        def read(reader: Reader) -> vol.Volunteer:
            return shown(reader, acting_volunteer(reader, scope))

        return await self._database.read(read)

    async def sign(self, scope: Scope, request: ask.Nothing) -> vol.Volunteer:
        """Sign the volunteer's agreement; signing twice is signing once. Raises `not_found`."""

        def unit(txn: Transaction) -> vol.Volunteer:
            one = acting_volunteer(txn, scope)
            if one.steps.agreement_at is None:
                one = replace(one, steps=replace(one.steps, agreement_at=scope.now))
                volunteer_store.save_volunteer(txn, one)
            return shown(txn, one)

        return await self._database.write(unit)

    async def update(self, scope: Scope, request: vol.UpdateVolunteer) -> vol.Volunteer:
        """Change one's own profile, go on holiday or come back.

        Raises `Refused`: `not_found`, `invalid_field`, `not_now`.
        """

        def unit(txn: Transaction) -> vol.Volunteer:
            one = acting_volunteer(txn, scope)
            one = replace(one, profile=self._changed(one.profile, request))
            if request.away is not UNSET:
                event = Event.WENT_AWAY if request.away else Event.CAME_BACK
                one = replace(one, state=onboarding.after(one.state, event, one.steps))
            volunteer_store.save_volunteer(txn, one)
            return shown(txn, one)

        return await self._database.write(unit)

    async def list_branch(self, scope: Scope, request: ask.Nothing) -> vol.Volunteers:
        """See the volunteers of the branch that one coordinates. Raises `not_found`."""

        def read(reader: Reader) -> vol.Volunteers:
            who = acting_coordinator(reader, scope)
            found = volunteer_store.volunteers_of(reader, who.branch)
            return vol.Volunteers([shown(reader, one) for one in found])

        return await self._database.read(read)

    async def record(self, scope: Scope, request: vol.RecordVolunteer) -> vol.Volunteer:
        """Record what a volunteer of one's branch has done, and where they stand.

        Raises `Refused`: `not_found`, `steps_missing`, `not_now`.
        """

        def unit(txn: Transaction) -> vol.Volunteer:
            who = acting_coordinator(txn, scope)
            one = access_volunteer(txn, who, decode_id(request.volunteer))
            steps = _recorded(one.steps, request, scope.now)
            state = one.state
            if request.state is not UNSET:
                state = onboarding.after(state, _event(state, request.state), steps)
            called = None if request.call_made else one.call_wanted_at
            one = replace(one, steps=steps, state=state, call_wanted_at=called)
            volunteer_store.save_volunteer(txn, one)
            return shown(txn, one)

        return await self._database.write(unit)

    def _changed(self, before: Profile, request: vol.UpdateVolunteer) -> Profile:
        after = before
        if request.name is not UNSET:
            after = replace(after, name=onboarding.clean_name(request.name))
        if request.words is not UNSET:
            after = replace(after, words=onboarding.clean_words(request.words))
        if request.languages is not UNSET:
            after = replace(after, languages=onboarding.clean_languages(request.languages))
        if request.interests is not UNSET:
            if not all(one in self._interests for one in request.interests):
                raise Refused("invalid_field", field="interests")
            after = replace(after, interests=tuple(dict.fromkeys(request.interests)))
        return after


def profile(one: Volunteer) -> vol.VolunteerProfile:
    """Make the public form of a volunteer: nothing in it leads to the account."""
    return vol.VolunteerProfile(
        encode_id(one.id),
        one.profile.name,
        one.profile.words,
        list(one.profile.languages),
        list(one.profile.interests),
    )


def shown(reader: Reader, one: Volunteer) -> vol.Volunteer:
    """Make the form that a volunteer and their coordinators see."""
    return vol.Volunteer(
        profile=profile(one),
        branch=volunteer_store.branch(reader, one.branch).name,
        state=one.state.value,
        agreement_signed=one.steps.agreement_at is not None,
        course_done=one.steps.course_at is not None,
        certificate_until=one.steps.certificate_until,
        since=one.since,
        call_wanted_at=one.call_wanted_at,
    )


def _accept(txn: Transaction, scope: Scope, token_digest: bytes) -> vol.Invited:
    me = scope.me.account
    row = volunteer_store.invitation(txn, token_digest, scope.now)
    if row is None or row["used_by"] not in {None, me}:
        raise Refused("link_expired", field="token")
    if not _is_adult(txn, me, scope.today):
        raise Refused("not_found")
    branch = volunteer_store.branch(txn, row["branch_id"])
    if row["used_by"] is None:
        volunteer_store.use_invitation(txn, token_digest, me)
        if row["role"] == "coordinator":
            who = Coordinator(me, branch.id, row["name"])
            volunteer_store.put_coordinator(txn, who, scope.now)
        else:
            blank = Profile(row["name"], "", ("da",), ())
            one = Volunteer(
                new_id(scope.now), me, branch.id, State.ONBOARDING, blank, Steps(), scope.now
            )
            volunteer_store.add_volunteer(txn, one)
    return vol.Invited(row["role"], branch.name)


def _is_adult(reader: Reader, account: int, today: datetime.date) -> bool:
    person = standing(reader, account, today)
    return person is not None and not age_band(person.born, today).is_child


def _recorded(before: Steps, request: vol.RecordVolunteer, now: int) -> Steps:
    after = before
    if request.course_done is not UNSET:
        done = before.course_at or now
        after = replace(after, course_at=done if request.course_done else None)
    if request.certificate_until is not UNSET:
        after = replace(after, certificate_until=request.certificate_until)
    return after


def _event(state: State, wished: str) -> Event:
    if wished == "active":
        return Event.ADMITTED if state is State.ONBOARDING else Event.RESUMED
    return Event.PAUSED if wished == "paused" else Event.ENDED


def _service(one: Service) -> vol.Service:
    return vol.Service(
        one.slug, one.danish, one.english, one.minutes, one.weeks, one.keep_text_minutes,
        one.keep_contact_hours,
    )  # fmt: skip


def _title(text: str, field: str) -> str:
    """Give a title on one line. Raises `Refused("invalid_field")`."""
    title = " ".join(onboarding.clean_words(text).split())
    if len(title) < 2:
        raise Refused("invalid_field", field=field)
    return title
