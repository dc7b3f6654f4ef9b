"""The composition root: builds everything, hands it over, and takes it down in reverse.

Nothing else in the house makes a database, a broker or a clock; hooks between features are
registered here and nowhere else.
"""

import time
from contextlib import AsyncExitStack

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from chat import routes
from chat.access_log import AccessLog
from chat.accounts.events import AccountEvents
from chat.accounts.model import AccountChanged, SessionEnded
from chat.accounts.passwords import Passwords
from chat.accounts.service import Accounts, own
from chat.bubbles.interests import INTERESTS
from chat.bubbles.service import Bubbles
from chat.calls.rights import CallRights
from chat.calls.service import Calls, check_calls, check_calls_of
from chat.cluster import Alone, Cluster
from chat.conversations.model import RightsRaised
from chat.conversations.presence import PresenceWatches
from chat.conversations.service import (
    Conversations,
    log_position,
    may_see_message,
    other_member,
    raise_rights,
    raise_rights_between,
)
from chat.delivery import http as delivery_http
from chat.delivery.carriers import carriers, vapid_of
from chat.delivery.mailbox import Mailbox
from chat.delivery.outbox import Outbox, backlog
from chat.delivery.reports import SMSReports
from chat.docs import http as docs_http
from chat.endpoints import Endpoints, Problems, allowed_origins, cookie_name
from chat.figures import HttpFigures
from chat.media import http as media_http
from chat.media.limited import LimitedReencoder
from chat.media.service import Media
from chat.municipalities.model import SubscriptionsChanged
from chat.municipalities.service import Municipalities
from chat.notifications.rights import NoticeRights
from chat.notifications.service import Notifications, end_what_is_over
from chat.operations.http import operators_routes, public_routes
from chat.operations.lag import LoopLag
from chat.operations.metrics import Metrics, Stored, Watched
from chat.operations.readiness import Readiness
from chat.realtime.doorman import Doorman
from chat.realtime.limits import Countable
from chat.realtime.presence import SocketPresence
from chat.realtime.server import Services, SocketServer
from chat.realtime.wheel import Wheel
from chat.rights.service import Rights
from chat.safety.model import BlocksChanged
from chat.safety.service import Blocks
from chat.scope import Clock, Scope
from chat.settings import Settings
from chat.snaksammen import http as talks_http
from chat.snaksammen.access import post_of
from chat.snaksammen.calling import CallsInTalks
from chat.snaksammen.model import KIND as TALK
from chat.snaksammen.model import TalkChanged
from chat.snaksammen.rights import TalkRights
from chat.snaksammen.service import SnakSammen
from chat.snaksammen.volunteer_store import roles_of
from chat.storage.changes import Change
from chat.storage.database import Database, Reader
from chat.storage.facts import Facts
from chat.storage.room import DiskRoom, require_room
from chat.storage.tail import Tail
from chat.web import http as web_http
from chat.web.http import SecurityHeaders
from protocol.cursors import write_cursor
from protocol.errors import Refused
from protocol.ids import encode_id
from protocol.messages import VERSION, Hello
from protocol.operations import COMMANDS
from protocol.resources import Account
from protocol.volunteering import SnakRole

LONGEST_SPREAD_MS = 60_000


def wall_clock() -> int:
    """Read the time: UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Server:
    """All that one process runs, by name, for whoever starts or watches it."""

    def __init__(self, settings: Settings, clock: Clock, database: Database, facts: Facts) -> None:
        self.settings = settings
        self.clock = clock
        self.database = database
        self.facts = facts
        self.wheel = Wheel()
        self.http_figures = HttpFigures()
        self.room = DiskRoom.under(settings.database_address, settings.disk_reserve_mb << 20)

    async def build(self, stack: AsyncExitStack) -> None:
        """Make the features, lowest first."""
        settings, database, facts = self.settings, self.database, self.facts
        limits = settings.limits
        self.tail = await Tail.from_now(database)
        self.epoch = await database.read(_epoch)
        self.company: Alone | Cluster = (
            await Cluster.open(settings, database, self.clock, self.epoch)
            if settings.redis_url
            else Alone(settings, self.epoch)
        )
        stack.push_async_callback(self.company.close)
        company, self.hub, self.broker = self.company, self.company.hub, self.company.broker
        self.municipalities = await Municipalities.open(database)
        self.passwords = Passwords(limits.password_queue)
        stack.callback(self.passwords.close)
        self.accounts = Accounts(
            database,
            facts,
            self.passwords,
            self.municipalities.exists,
            settings.base_url,
            limits,
        )
        self.account_events = AccountEvents(
            database, company.here, facts, self.clock, company.write_cursor
        )
        reencoder = LimitedReencoder()
        stack.callback(reencoder.close)
        self.media = Media(database, limits, reencoder)
        self.blocks = Blocks(database, company.here, facts, company.write_cursor)
        self.conversations = Conversations(
            database, company.broker, facts, limits, self.epoch, company.write_cursor
        )
        here = SocketPresence(company.whereabouts, self.wheel, limits.presence_gone_after_ms)
        self.presence = PresenceWatches(self.conversations.rights, here, self.hub, self.clock)
        self.calls = Calls(
            database, self.broker, facts, self.conversations.rights, settings, self.clock
        )
        self.bubbles = Bubbles(database, self.municipalities, self.conversations, limits)
        self.snaksammen = SnakSammen(database, self.broker, facts, INTERESTS)
        self.accounts.posts_known_by(post_of)
        self.calls.plan_by(TALK, CallsInTalks())
        self.mailbox = await _mailbox(settings, stack)
        self.notifications = self._notifications(stack)
        self._register_hooks()
        use_cases = routes.use_cases(
            database,
            self.accounts,
            self.municipalities,
            self.bubbles,
            self.conversations,
            self.presence,
            self.blocks,
            self.calls,
            self.snaksammen,
            self.notifications,
        )
        self.use_cases = routes.while_there_is_room(use_cases, self.room)
        self.sockets = self._sockets()
        self.readiness = Readiness(
            self.sockets, self.broker, self.room, self._touch_storage, lambda: company.hears_all
        )
        self.metrics = self._metrics(stack)
        company.start(self.conversations, self._limits_of_all())

    def _limits_of_all(self) -> dict[str, Countable]:
        """Name every limit that the processes count together (docs/adr/0034)."""
        parts = (self.accounts, self.bubbles, self.calls, self.conversations, self.snaksammen)
        return {name: limit for part in parts for name, limit in part.shared.items()}

    def _notifications(self, stack: AsyncExitStack) -> Notifications:
        """Send on every channel that is set up; mail waits in the store until it is."""
        settings, facts, clock = self.settings, self.facts, self.clock
        vapid = vapid_of(settings)
        ways = carriers(settings, self.mailbox, vapid, clock)
        outbox = Outbox(self.database, facts, ways, clock)
        push_key = None if vapid is None else vapid.public_key
        notifications = Notifications(self.database, settings, ways.keys(), push_key)
        notifications.hook_on(facts, outbox, clock)
        outbox.start()
        stack.push_async_callback(outbox.close)
        return notifications

    def _register_hooks(self) -> None:
        facts = self.facts
        register_inner_hooks(facts)
        facts.after_commit(AccountChanged, self._change_rights)
        facts.after_commit(SessionEnded, self._end_sessions)
        facts.after_commit(SubscriptionsChanged, self.municipalities.follow)
        self.media.allow("bubble", self.bubbles.may_see)
        self.media.allow("message", may_see_message)
        self.blocks.find_by("bubble", self.bubbles.author)
        self.blocks.find_by("conversation", other_member)
        self._follow_other_processes()

    def _follow_other_processes(self) -> None:
        """Act on what another process has committed as if it had been this one."""
        tail, facts = self.tail, self.facts
        facts.after_commit(AccountChanged, lambda fact: tail.skip(fact.position))
        facts.after_commit(BlocksChanged, lambda fact: tail.skip(fact.position))
        for kind in ("account", "blocks", "rights"):  # first, so that it holds before it is told
            tail.listen(kind, lambda change: self.conversations.forget_rights_of(change.account))
        tail.listen("account", self.account_events.follow)
        tail.listen("blocks", self.blocks.follow)
        tail.listen("session", self._end_sessions_elsewhere)
        tail.listen("municipality", self.municipalities.follow_elsewhere)
        for fact in (
            AccountChanged,
            BlocksChanged,
            SessionEnded,
            RightsRaised,
            SubscriptionsChanged,
        ):
            facts.after_commit(fact, lambda _: self.company.poke())

    async def _end_sessions_elsewhere(self, change: Change) -> None:
        account = change.account
        self.accounts.forget(account)
        for session in await self.accounts.ended_sessions(self.hub.sessions(account)):
            self.hub.end_sessions(account, session)

    def _change_rights(self, fact: AccountChanged) -> None:
        self.hub.change_rights(
            fact.account, active=fact.active, born=fact.born, municipality=fact.municipality
        )

    def _end_sessions(self, fact: SessionEnded) -> None:
        self.hub.end_sessions(fact.account, fact.session, fact.except_session)

    async def hello(self, scope: Scope) -> Hello:
        """Say to a new socket all that it must know."""
        limits = self.settings.limits
        account, position, roles = await self.database.look(_newcomer, scope)
        self.company.joined(scope.me.account, position)
        return Hello(
            version=VERSION,
            server_time=scope.now,
            session=encode_id(scope.me.session),
            account=account,
            cursor=write_cursor(self.epoch, position),
            epoch=self.epoch,
            heartbeat_ms=limits.ping_interval_ms,
            limits={
                "text_characters": 4_000,
                "messages_per_minute": limits.messages_per_minute,
                "messages_burst": limits.messages_burst,
                "typing_interval_ms": limits.typing_interval_ms,
            },
            commands=COMMANDS,
            reconnect_spread_ms=min(
                LONGEST_SPREAD_MS, len(self.hub) * 1_000 // limits.greetings_per_second
            ),
            roles=roles,
            calls_in=self.calls.kinds,
            ids_optional=True,
        )

    def _sockets(self) -> SocketServer:
        services = Services(
            authenticate=self.accounts.actor,
            redeem_ticket=self.accounts.redeem_ticket,
            hello=self.hello,
            use_cases=self.use_cases,
            immediate=routes.while_there_is_room(
                routes.immediate_use_cases(self.conversations), self.room
            ),
        )
        doorman = Doorman(
            self.accounts.actor,
            self.clock,
            self.settings.limits,
            origins=allowed_origins(self.settings),
            cookie=cookie_name(self.settings),
            trusted_proxies=frozenset(self.settings.trusted_proxies),
        )
        return SocketServer(
            services,
            doorman,
            self.hub,
            self.wheel,
            self.clock,
            self.settings.limits,
            self.company.first_socket,
        )

    def _metrics(self, stack: AsyncExitStack) -> Metrics:
        lag = LoopLag()
        lag.start()
        stack.callback(lag.stop)
        return Metrics(
            Watched(
                sockets=self.sockets,
                conversations=self.conversations,
                commits=self.database.commits,
                broker=self.broker,
                tail=self.tail,
                http=self.http_figures,
                lag=lag,
                room=self.room,
                stored=lambda: self.database.read(_stored),
                clock=self.clock,
            )
        )

    def for_operators(self) -> list[BaseRoute]:
        """Make the routes of the operators' port."""
        return operators_routes(self.readiness, self.metrics)

    def http(self) -> Starlette:
        """Make the HTTP application."""
        endpoints = Endpoints(self.settings, self.clock, self.accounts.actor, self.use_cases)
        problems = Problems(self.sockets.rejects)
        served: list[BaseRoute] = [
            *public_routes(self.readiness),
            *media_http.routes(self.media, endpoints.scope_of, require_room(self.room)),
            *self._report_routes(),
            *talks_http.routes(self.snaksammen.links, endpoints.scope_of),
            *endpoints.routes(),
            *docs_http.routes(),
            *(delivery_http.routes(self.mailbox) if self.mailbox is not None else ()),
            *web_http.routes(self.settings),
        ]
        return Starlette(
            routes=served,
            middleware=[
                Middleware(
                    AccessLog,
                    figures=self.http_figures,
                    behind_proxy=bool(self.settings.trusted_proxies),
                ),
                Middleware(SecurityHeaders),
            ],
            exception_handlers={Refused: problems.refused, 500: problems.failed},
        )

    def _report_routes(self) -> list[BaseRoute]:
        secret = self.settings.sms_report_secret
        if not secret:
            return []
        return delivery_http.report_routes(SMSReports(self.database, secret, self.clock))

    async def _touch_storage(self) -> object:
        return await self.database.read(_epoch)


async def _mailbox(settings: Settings, stack: AsyncExitStack) -> Mailbox | None:
    """In the demo mail goes to a mailbox that anyone on this machine may read."""
    if not settings.demo:
        return None
    mailbox = await Mailbox.open()
    stack.push_async_callback(mailbox.close)
    return mailbox


def _newcomer(reader: Reader, scope: Scope) -> tuple[Account, int, list[SnakRole]]:
    """Read what a new socket is told: its account, where live events go on from, its roles."""
    return own(reader, scope), log_position(reader), roles_of(reader, scope.me.account)


def _stored(reader: Reader) -> Stored:
    row = reader.one("SELECT backed_up_at FROM deployment")
    return Stored(backlog(reader), row["backed_up_at"] if row else None)


def _epoch(reader: Reader) -> str:
    row = reader.one("SELECT epoch FROM deployment")
    assert row is not None, "the first migration writes it"
    return str(row["epoch"])


def rights_of(database: Database) -> Rights:
    """Make the rights of whom data are about: what tells others of an erasure is erased first."""
    return Rights(
        database,
        {"snaksammen": TalkRights(), "calls": CallRights(), "notifications": NoticeRights()},
    )


def register_inner_hooks(facts: Facts) -> None:
    """Register what must be true in the same transaction, whichever process writes."""
    facts.in_transaction(AccountChanged, Bubbles.follow_account)
    end_what_is_over(facts)
    facts.in_transaction(AccountChanged, lambda fact, txn: raise_rights(txn, fact.account))
    facts.in_transaction(RightsRaised, lambda fact, txn: check_calls(txn, fact))
    facts.in_transaction(TalkChanged, lambda fact, txn: check_calls_of(txn, TALK, fact.talk))
    facts.in_transaction(
        BlocksChanged, lambda fact, txn: raise_rights_between(txn, fact.account, fact.other)
    )
