"""Makes of a notice what its channel carries: a mail, an SMS or a push message. Pure."""

from chat.delivery import letters
from chat.delivery.carrier import Mail
from chat.delivery.model import Notice, Waiting


def check(notice: Notice) -> None:
    """Check that a notice can be put into words.

    Raises `KeyError` when they do not exist or miss a param.
    """
    letters.compose(notice.kind, notice.language, notice.params)


def mail(notice: Waiting) -> Mail:
    """Write a mail. Raises `KeyError`."""
    content = letters.compose(notice.kind, notice.language, notice.params)
    return Mail(
        notice.id,
        notice.created_at,
        notice.address,
        content.subject,
        content.text,
        content.html,
    )
