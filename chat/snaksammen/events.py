"""What SnakSammen tells open pages: read again. Nothing here is kept; a page that comes back reads.

Each event is sent after its commit, to the accounts and seats concerned, and says no more than
which snapshot to read: what one may see is decided there (G6).
"""

from msgspec import Struct

from chat.realtime.broker import Broker, Publication
from chat.snaksammen.model import LineMoved, OfferMade, TalkChanged
from chat.storage.facts import Facts
from protocol import resources as res
from protocol import talks as tal
from protocol.codec import encode_event
from protocol.ids import encode_id
from protocol.messages import EventFrame


class TalkEvents:
    """Publishes to the parties of talks, to who waits, and to who is on duty."""

    def __init__(self, broker: Broker, facts: Facts) -> None:
        self._broker = broker
        facts.after_commit(TalkChanged, self._talk_changed)
        facts.after_commit(LineMoved, self._line_moved)
        facts.after_commit(OfferMade, self._offer_made)

    def _talk_changed(self, fact: TalkChanged) -> None:
        data = tal.TalkChanged(encode_id(fact.talk), fact.state)  # type: ignore[arg-type]
        self._publish("talk.changed", data, fact.whom)

    def _line_moved(self, fact: LineMoved) -> None:
        self._publish("line.changed", res.Empty(), fact.waiting)
        self._publish("duty.changed", res.Empty(), fact.on_duty)

    def _offer_made(self, fact: OfferMade) -> None:
        whom = tuple(one.account for one in fact.tell if one.account is not None)
        self._publish("offer.made", tal.OfferMade(encode_id(fact.offer), fact.expires_at), whom)

    def _publish(self, event: str, data: Struct, whom: tuple[int, ...]) -> None:
        if whom:
            frame = EventFrame(event=event, data=data)
            self._broker.publish(Publication(whom, encode_event(frame), ephemeral=True))
