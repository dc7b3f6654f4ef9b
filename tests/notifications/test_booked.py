"""A booked talk, from the booking to its beginning: the links that were mailed open it."""

import re

from chat.delivery.outbox import Outbox
from chat.notifications.talks import TalkNotices
from chat.notifications.teller import Teller
from chat.storage.database import Database
from chat.storage.facts import Facts
from tests.notifications.town import Postbox
from tests.snaksammen.house import HOUR, MINUTE, House

PHONE = "+4520123456"


def link_in(text: str) -> str:
    found = re.search(r"https://samtale\.example/samtale/([\w-]+)", text)
    assert found is not None, text
    return found[1]


async def test_a_guest_is_mailed_and_texted_at_once_and_five_minutes_before(
    database: Database, facts: Facts
) -> None:
    house = await House.build(database, facts)
    teller = Teller("https://samtale.example", {"mail", "sms"})
    TalkNotices(teller, lambda: house.now).hook_on(facts)
    mails, texts = Postbox(), Postbox()
    outbox = Outbox(database, facts, {"mail": mails, "sms": texts}, lambda: house.now)
    volunteer = await house.volunteer("Karim")
    (time,) = await house.publish(volunteer, house.now + 2 * HOUR)
    await house.book(time, name="Solveig", email="solveig@example.dk", phone=PHONE)

    await outbox.send_due()
    letters = {mail.to: mail for mail in mails.mails}
    invited, confirmed = letters["v@example.dk"], letters["solveig@example.dk"]
    assert "/branch#token=" in invited.text
    assert "Karim" in confirmed.text
    assert "BEGIN:VEVENT" in confirmed.calendar
    to_karim = letters[f"{volunteer.actor.account}@people.example"]
    assert "Solveig" in to_karim.text
    assert link_in(to_karim.text) != link_in(confirmed.text)
    ((number, text),) = [(sms.to, sms.text) for sms in texts.mails]
    assert number == PHONE
    await house.enter(link_in(text))
    await house.enter(link_in(confirmed.text))

    mails.mails, texts.mails = [], []
    await house.pass_time(2 * HOUR - 4 * MINUTE, step=MINUTE)
    await outbox.send_due()
    soon = [mail for mail in mails.mails if mail.to == "solveig@example.dk"]
    assert [mail.subject.partition(":")[0] for mail in soon] == ["Om lidt"]
    await house.enter(link_in(soon[0].text))
    assert len(texts.mails) == 1
