"""How long a session lives: by what one does here (design, section 7).

A citizen's session goes on from each use. A volunteer's and a coordinator's ends so long after the
login, whatever is done meanwhile: they see what strangers have told, often on shared computers.
"""

from collections.abc import Callable

from chat.accounts.model import Post
from chat.settings import Limits
from chat.storage.database import Reader

PostOf = Callable[[Reader, int], Post | None]
"""Tells what an account does here besides being a citizen."""


class Lifetimes:
    """When sessions end."""

    def __init__(self, limits: Limits) -> None:
        self._citizen_ms = limits.session_ms
        self._posts = {
            Post.VOLUNTEER: limits.volunteer_session_ms,
            Post.STAFF: limits.staff_session_ms,
        }
        self._post_of: PostOf = lambda _reader, _account: None

    def known_by(self, post_of: PostOf) -> None:
        """Ask this of each account whose session begins or goes on."""
        self._post_of = post_of

    def expires_at(self, reader: Reader, account: int, created_at: int, now: int) -> int:
        """Give when a session that began at a moment and is used now ends (UTC ms)."""
        post = self._post_of(reader, account)
        return now + self._citizen_ms if post is None else created_at + self._posts[post]
