"""The words of mails about unread messages and booked talks, Danish first: pure."""

from chat.delivery.letter import Letter, both
from chat.delivery.model import Kind
from protocol.errors import Language

LETTERS: dict[Kind, dict[Language, Letter]] = {
    "unread_messages": both(
        """
        Du har {unread}

        Du har {unread} fra {people} på Samtale.

        [Læs og svar]

        Du kan selv vælge, hvad du vil have besked om, under Mig og så Notifikationer.
        """,
        """
        You have {unread}

        You have {unread} from {people} at Samtale.

        [Read and answer]

        You choose what you are told of under Me, then Notifications.
        """,
    ),
    "booking_confirmed": both(
        """
        Din aftale {when}

        {service} er aftalt: {when} med {with_whom}.

        På dagen åbner du linket her. Du skal ikke installere noget. Vi sender det igen, fem
        minutter før I begynder.

        [Gå til samtalen]

        Linket er kun til dig. Gem mailen, og læg tiden i din kalender med den vedhæftede fil.

        Kan du alligevel ikke? Så flyt eller aflys med det samme link, så en anden kan få tiden.
        """,
        """
        Your appointment {when}

        {service} is booked: {when} with {with_whom}.

        On the day you open this link. You need not install anything. We send it again five
        minutes before you begin.

        [Go to the talk]

        The link is for you alone. Keep this mail, and put the time into your calendar with the
        attached file.

        Can you not come after all? Then move or cancel with the same link, so that somebody else
        can have the time.
        """,
    ),
    "booking_moved": both(
        """
        Din aftale er flyttet til {when}

        {service} er flyttet fra {before}. Den er nu {when} med {with_whom}.

        [Gå til samtalen]

        Brug dette link; det gamle virker ikke længere. Den vedhæftede fil retter tiden i din
        kalender.
        """,
        """
        Your appointment has been moved to {when}

        {service} has been moved from {before}. It is now {when} with {with_whom}.

        [Go to the talk]

        Use this link; the old one no longer works. The attached file corrects the time in your
        calendar.
        """,
    ),
    "booking_moved_with_apology": both(
        """
        Undskyld, din nye tid er {when}

        Vi er kede af, at {service} {before} ikke blev til noget.

        Vi har fundet en ny tid til dig: {when} med {with_whom}. Passer den ikke, kan du flytte
        eller aflyse den med linket.

        [Gå til samtalen]

        Den vedhæftede fil retter tiden i din kalender.
        """,
        """
        Sorry, your new time is {when}

        We are sorry that {service} {before} did not take place.

        We have found another time for you: {when} with {with_whom}. If it does not suit you, you
        can move or cancel it with the link.

        [Go to the talk]

        The attached file corrects the time in your calendar.
        """,
    ),
    "booking_cancelled": both(
        """
        Din aftale {when} er aflyst

        {service} {when} med {with_whom} er aflyst.

        {message}

        Du er velkommen til at finde en ny tid.

        [Find en tid]
        """,
        """
        Your appointment {when} is cancelled

        {service} {when} with {with_whom} is cancelled.

        {message}

        You are welcome to find another time.

        [Find a time]
        """,
    ),
    "talk_soon": both(
        """
        Om lidt: {service} kl. {clock}

        {service} med {with_whom} begynder kl. {clock}.

        [Gå ind]

        Linket er kun til dig.
        """,
        """
        Soon: {service} at {clock}

        {service} with {with_whom} begins at {clock}.

        [Go in]

        The link is for you alone.
        """,
    ),
    "talk_link": both(
        """
        Dit link til {service}

        Du bad om et nyt link til {service} {when} med {with_whom}.

        [Gå til samtalen]

        Linket er kun til dig. Var det ikke dig, der bad om det, skal du ikke gøre noget.
        """,
        """
        Your link to {service}

        You asked for a new link to {service} {when} with {with_whom}.

        [Go to the talk]

        The link is for you alone. If it was not you who asked, there is nothing to do.
        """,
    ),
    "no_show": both(
        """
        Undskyld, det blev ikke til noget

        Vi er kede af, at {service} {when} ikke blev til noget, og at du ventede.

        Vi fandt ikke selv en ny tid. Du er meget velkommen til at vælge en.

        [Find en tid]
        """,
        """
        Sorry, it did not take place

        We are sorry that {service} {when} did not take place, and that you waited.

        We did not find another time ourselves. You are very welcome to choose one.

        [Find a time]
        """,
    ),
    "branch_invitation": both(
        """
        Vil du være {role}?

        {branch} inviterer dig til at være {role} på SnakSammen.

        [Læs mere, og svar]

        Linket er kun til dig. Kender du ikke til det, så kan du se bort fra denne mail.
        """,
        """
        Will you be a {role}?

        {branch} invites you to be a {role} at SnakSammen.

        [Read more, and answer]

        The link is for you alone. If you know nothing about it, you can ignore this mail.
        """,
    ),
    "coordinator_needed": both(
        """
        En samtale har brug for dig

        En samtale har brug for en koordinator nu.

        [Se hvad der sker]
        """,
        """
        A talk needs you

        A talk needs a coordinator now.

        [See what happens]
        """,
    ),
}
