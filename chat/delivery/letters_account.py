"""The words of mails about accounts, answers and bubbles, Danish first: pure."""

from chat.delivery.letter import Letter, both
from chat.delivery.model import Kind
from protocol.errors import Language

LETTERS: dict[Kind, dict[Language, Letter]] = {
    "confirm_email": both(
        """
        Bekræft din e-mail

        Velkommen til Samtale, {alias}.

        Bekræft, at det er din e-mailadresse, så er du på vej.

        [Bekræft min e-mail]

        Linket virker i to døgn.

        Var det ikke dig? Så kan du se bort fra denne mail. Der sker ikke mere.
        """,
        """
        Confirm your e-mail

        Welcome to Samtale, {alias}.

        Confirm that this is your e-mail address, and you are on your way.

        [Confirm my e-mail]

        The link works for two days.

        Was it not you? Then you can ignore this mail. Nothing more happens.
        """,
    ),
    "already_registered": both(
        """
        Du har allerede en konto

        Nogen, sikkert dig selv, har lige prøvet at bruge din e-mail til en konto på Samtale.

        Du har allerede en. Log ind med den, eller vælg en ny adgangskode, hvis du har glemt den
        gamle.

        [Gå til log ind]

        Var det ikke dig? Så kan du se bort fra denne mail. Der sker ikke mere.
        """,
        """
        You already have an account

        Someone, probably you, has just tried to use your e-mail for an account at Samtale.

        You already have one. Log in with it, or choose a new password if you have forgotten the
        old one.

        [Go to log in]

        Was it not you? Then you can ignore this mail. Nothing more happens.
        """,
    ),
    "parent_consent": both(
        """
        Må dit barn bruge Samtale?

        Dit barn har oprettet en konto på Samtale med aliasset {alias} og har skrevet din e-mail
        som forælder.

        På Samtale finder man nogen at skrive med og lave noget sammen med. Børn på 13 og 14 år
        skal have lov af en forælder, og kun andre unge kan se dem og skrive med dem.

        [Læs mere, og svar]

        Gem denne mail: Med samme link kan du når som helst trække dit ja tilbage. Så holder
        kontoen op med at virke med det samme.

        Kender du ikke til det? Så lad være med at svare. Uden dit ja virker kontoen ikke.
        """,
        """
        May your child use Samtale?

        Your child has created an account at Samtale under the alias {alias} and has given your
        e-mail as a parent's.

        At Samtale people find someone to write with and do things with. Children of 13 and 14
        need a parent's consent, and only other young people can see them and write with them.

        [Read more, and answer]

        Keep this mail: with the same link you can withdraw your consent at any time. The
        account then stops working at once.

        Do you know nothing about it? Then do not answer. Without your consent the account does
        not work.
        """,
    ),
    "consent_given": both(
        """
        Din konto er klar

        Hej {alias}. Din forælder har givet lov. Nu kan du bruge Samtale.

        [Åbn Samtale]
        """,
        """
        Your account is ready

        Hello {alias}. Your parent has consented. You can use Samtale now.

        [Open Samtale]
        """,
    ),
    "consent_withdrawn": both(
        """
        Din konto er sat på pause

        Hej {alias}. Din forælder har trukket sin tilladelse tilbage. Du kan stadig logge ind og
        læse, men ikke skrive.

        Tal med din forælder om det. Din forælder kan give lov igen med det samme link.
        """,
        """
        Your account is paused

        Hello {alias}. Your parent has withdrawn consent. You can still log in and read, but not
        write.

        Talk with your parent about it. Your parent can consent again with the same link.
        """,
    ),
    "reset_password": both(
        """
        Vælg en ny adgangskode

        Du har bedt om at vælge en ny adgangskode til Samtale.

        [Vælg ny adgangskode]

        Linket virker i en time og kun én gang.

        Var det ikke dig? Så kan du se bort fra denne mail. Der sker ikke mere.
        """,
        """
        Choose a new password

        You have asked to choose a new password for Samtale.

        [Choose a new password]

        The link works for one hour, and only once.

        Was it not you? Then you can ignore this mail. Nothing more happens.
        """,
    ),
    "no_account": both(
        """
        Der er ingen konto med denne e-mail

        Nogen, sikkert dig selv, har bedt om en ny adgangskode til Samtale. Men der er ingen
        konto med denne e-mail.

        Måske har du brugt en anden adresse. Ellers kan du oprette en konto.

        [Opret en konto]

        Var det ikke dig? Så kan du se bort fra denne mail. Der sker ikke mere.
        """,
        """
        There is no account with this e-mail

        Someone, probably you, has asked for a new password for Samtale. But there is no account
        with this e-mail.

        Perhaps you have used another address. Otherwise you can create an account.

        [Create an account]

        Was it not you? Then you can ignore this mail. Nothing more happens.
        """,
    ),
    "password_changed": both(
        """
        Din adgangskode er ændret

        Adgangskoden til din konto på Samtale er lige blevet ændret.

        [Vælg en ny adgangskode]

        Var det dig, skal du ikke gøre noget. Var det ikke dig, så vælg straks en ny.
        """,
        """
        Your password has been changed

        The password of your account at Samtale has just been changed.

        [Choose a new password]

        If it was you, there is nothing to do. If not, choose a new one at once.
        """,
    ),
    "confirm_new_email": both(
        """
        Bekræft din nye e-mail

        Du har bedt om at bruge denne e-mail til din konto på Samtale.

        [Brug denne e-mail]

        Linket virker i to døgn. Indtil da gælder din gamle e-mail.

        Var det ikke dig? Så kan du se bort fra denne mail. Der sker ikke mere.
        """,
        """
        Confirm your new e-mail

        You have asked to use this e-mail for your account at Samtale.

        [Use this e-mail]

        The link works for two days. Until then your old e-mail counts.

        Was it not you? Then you can ignore this mail. Nothing more happens.
        """,
    ),
    "email_change_asked": both(
        """
        Din e-mail er ved at blive skiftet

        Nogen, der er logget ind på din konto på Samtale, har bedt om at skifte til en anden
        e-mail. Den gælder, når linket i en mail til den nye adresse er fulgt.

        [Vælg en ny adgangskode]

        Var det dig, skal du ikke gøre noget. Var det ikke dig, så vælg straks en ny.
        """,
        """
        Your e-mail is about to be changed

        Someone who is logged in to your account at Samtale has asked to change to another
        e-mail. It counts once the link in a mail to the new address is followed.

        [Choose a new password]

        If it was you, there is nothing to do. If not, choose a new one at once.
        """,
    ),
    "new_answer": both(
        """
        Du har fået svar

        Nogen har skrevet til dig på Samtale.

        [Læs og svar]
        """,
        """
        You have an answer

        Someone has written to you at Samtale.

        [Read and answer]
        """,
    ),
    "bubble_unanswered": both(
        """
        Sådan kan flere få øje på din boble

        Din boble har ikke fået svar endnu. Det hjælper ofte at skrive lidt mere om dig selv, at
        foreslå en dag og et sted, og at vælge flere interesser.

        [Ret din boble]
        """,
        """
        How more people may notice your bubble

        Your bubble has no answer yet. It often helps to write a little more about yourself, to
        suggest a day and a place, and to choose more interests.

        [Edit your bubble]
        """,
    ),
}
