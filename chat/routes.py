"""THE TABLE: every published operation, and the use case that answers it.

`protocol.operations` says what an operation is called, where it stands in HTTP and whether a
socket may; here it meets its use case. `IMMEDIATE` ones answer a socket by a call after the
commit, without a task: the hot path.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, structs

from chat.accounts.events import changed as account_changed
from chat.accounts.service import Accounts
from chat.bubbles.service import Bubbles
from chat.calls.service import Calls
from chat.conversations.presence import PresenceWatches
from chat.conversations.service import Conversations
from chat.endpoints import UseCase
from chat.municipalities.service import Municipalities
from chat.notifications.service import Notifications
from chat.realtime.server import ImmediateUseCase
from chat.safety.service import Blocks, blocks_changed
from chat.scope import Scope
from chat.snaksammen.service import SnakSammen
from chat.storage.database import Database, Reader
from chat.storage.room import DiskRoom
from protocol.cursors import read_cursor
from protocol.messages import Resumed
from protocol.requests import Resume


def use_cases(
    database: Database,
    accounts: Accounts,
    municipalities: Municipalities,
    bubbles: Bubbles,
    conversations: Conversations,
    presence: PresenceWatches,
    blocks: Blocks,
    calls: Calls,
    snaksammen: SnakSammen,
    notifications: Notifications,
) -> Mapping[str, UseCase]:
    """Bind every operation to its use case."""

    def catch_up(reader: Reader, scope: Scope, request: Resume) -> Struct:
        resumed: Resumed = conversations.catch_up(reader, scope, request.cursor)
        _, position = read_cursor(request.cursor) or ("", 0)
        return structs.replace(
            resumed,
            account=account_changed(reader, scope, position),
            blocks=blocks_changed(reader, scope, position),
        )

    async def resume(scope: Scope, request: Resume) -> Struct:
        return await database.read(catch_up, scope, request)  # one snapshot of all

    table: dict[str, Any] = {
        "account.register": accounts.register,
        "account.confirm": accounts.confirm,
        "account.get": accounts.get,
        "account.update": accounts.update,
        "email.change": accounts.change_email,
        "password.change": accounts.change_password,
        "password.forgot": accounts.forgot_password,
        "password.reset": accounts.reset_password,
        "consent.show": accounts.show_consent,
        "consent.give": accounts.give_consent,
        "consent.withdraw": accounts.withdraw_consent,
        "session.create": accounts.create_session,
        "session.list": accounts.list_sessions,
        "session.end": accounts.end_session,
        "session.end_one": accounts.end_one_session,
        "session.end_all": accounts.end_all_sessions,
        "socket_ticket.create": accounts.create_socket_ticket,
        "municipality.list": municipalities.list,
        "interest.list": bubbles.interests,
        "bubble.post": bubbles.post,
        "bubble.list": bubbles.list,
        "bubble.count": bubbles.count,
        "bubble.get": bubbles.get,
        "bubble.edit": bubbles.edit,
        "bubble.close": bubbles.close,
        "bubble.reply": bubbles.reply,
        "conversation.list": conversations.list_conversations,
        "conversation.get": conversations.get_conversation,
        "history.fetch": conversations.fetch_history,
        "message.send": conversations.send,
        "message.edit": conversations.changes.edit,
        "message.delete": conversations.changes.delete,
        "reaction.add": conversations.changes.add_reaction,
        "reaction.remove": conversations.changes.remove_reaction,
        "message.pin": conversations.changes.pin,
        "message.unpin": conversations.changes.unpin,
        "message.search": conversations.searches.find,
        "conversation.read": conversations.positions.read,
        "conversation.delivered": conversations.positions.delivered,
        "conversation.update": conversations.own_sides.update,
        "conversation.leave": conversations.own_sides.leave,
        "draft.save": conversations.own_sides.save_draft,
        "typing.start": conversations.typing.start,
        "typing.stop": conversations.typing.stop,
        "presence.get": presence.get,
        "presence.watch": presence.watch,
        "call.start": calls.start,
        "call.join": calls.join,
        "call.get": calls.get,
        "call.signal": calls.signal,
        "call.renew": calls.renew,
        "call.media": calls.change,
        "call.extend": calls.extend,
        "call.leave": calls.leave,
        "call.end": calls.end,
        "notice_settings.get": notifications.settings,
        "notice_settings.update": notifications.update_settings,
        "push.subscribe": notifications.subscribe,
        "push.unsubscribe": notifications.unsubscribe,
        "phone.change": notifications.change_phone,
        "phone.confirm": notifications.confirm_phone,
        "phone.remove": notifications.remove_phone,
        "block.create": blocks.create,
        "block.list": blocks.list,
        "block.lift": blocks.lift,
        "session.resume": resume,
        **_talks(snaksammen),
    }
    return table


GROWING = frozenset({
    "account.register",
    "bubble.post",
    "bubble.edit",
    "bubble.reply",
    "message.send",
    "message.edit",
    "draft.save",
})  # fmt: skip
"""What makes the database grow by what people write: refused while the disk is short of room."""


def while_there_is_room(
    table: Mapping[str, Callable[..., Any]], room: DiskRoom | None
) -> dict[str, Callable[..., Any]]:
    """Have growing operations ask for room first: they raise `unavailable` without it."""

    if room is None:
        return dict(table)

    def guarded(work: Callable[..., Any]) -> Callable[..., Any]:
        def ask_first(*arguments: Any) -> Any:
            room.require()
            return work(*arguments)

        return ask_first

    return {name: guarded(work) if name in GROWING else work for name, work in table.items()}


def _talks(snaksammen: SnakSammen) -> dict[str, Any]:
    """Bind what SnakSammen does."""
    volunteers, timetable = snaksammen.volunteers, snaksammen.timetable
    bookings, talks = snaksammen.bookings, snaksammen.talks
    caring, lines = snaksammen.caring, snaksammen.lines
    courses, branch = snaksammen.courses, snaksammen.coordination
    return {
        "service.list": volunteers.list_services,
        "service.put": volunteers.put_service,
        "branch.invite": volunteers.invite,
        "branch.accept": volunteers.accept,
        "branch.volunteers": volunteers.list_branch,
        "branch.record": volunteers.record,
        "volunteer.get": volunteers.get,
        "volunteer.update": volunteers.update,
        "volunteer.sign": volunteers.sign,
        "time.publish": timetable.publish,
        "time.publish_weekly": timetable.publish_weekly,
        "time.list": timetable.list_own,
        "time.withdraw": timetable.withdraw,
        "time.withdraw_weekly": timetable.withdraw_weekly,
        "time.find": timetable.find,
        "booking.hold": bookings.hold,
        "booking.confirm": bookings.confirm,
        "booking.list": bookings.list_own,
        "booking.move": bookings.move,
        "booking.cancel": bookings.cancel,
        "booking.hand_over": bookings.hand_over,
        "talk.enter": talks.enter,
        "talk.send_link": snaksammen.links.send,
        "talk.join": talks.join,
        "talk.get": talks.get,
        "talk.arrive": talks.arrive,
        "talk.leave": talks.leave,
        "talk.more": talks.more,
        "talk.calendar": talks.calendar,
        "talk.call_coordinator": caring.call_coordinator,
        "talk.feel": caring.feel,
        "talk.report": caring.report,
        "talk.debrief": caring.debrief,
        "talk.attend": branch.attend,
        "crisis.card": caring.crisis_card,
        "line.join": lines.join,
        "line.get": lines.get,
        "line.leave": lines.leave,
        "line.call_back": lines.call_back,
        "duty.start": lines.start_duty,
        "duty.get": lines.get_duty,
        "duty.end": lines.end_duty,
        "offer.take": lines.take,
        "course.start": courses.start,
        "course.extend": courses.extend,
        "course.list": courses.list_own,
        "branch.overview": branch.overview,
        "branch.reports": branch.list_reports,
        "alert.settle": branch.settle_alert,
        "report.read": branch.read_report,
        "booking.reassign": branch.reassign,
        "booking.call_off": branch.call_off,
    }


def immediate_use_cases(conversations: Conversations) -> Mapping[str, ImmediateUseCase]:
    """Bind the hot path."""
    return {
        "message.send": conversations.send_now,
        "conversation.read": conversations.positions.read_now,
        "conversation.delivered": conversations.positions.delivered_now,
        "typing.start": conversations.typing.start_now,
        "typing.stop": conversations.typing.stop_now,
    }
