"""Close codes of the socket, and what each asks of a client."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CloseCode:
    """One close code of the socket; its hundred carries the behaviour.

    40xx stop; 41xx back off with jitter, then resume; 42xx reconnect now and resume; 43xx log in
    again. The codes of RFC 6455 section 7.4.1 are used only as the RFC says.
    """

    code: int
    reason: str
    english: str

    @property
    def reconnect(self) -> Literal["stop", "backoff", "now", "log_in"]:
        """What a client does after this close."""
        return close_behaviour(self.code)


def close_behaviour(code: int) -> Literal["stop", "backoff", "now", "log_in"]:
    """Tell what any close code asks of a client, unknown ones included (they back off)."""
    match code // 100:
        case 40:
            return "stop"
        case 42:
            return "now"
        case 43:
            return "log_in"
        case _:
            return "backoff"


CLOSES = {
    close.reason: close
    for close in (
        CloseCode(4000, "protocol_error", "Frames that no client of this protocol sends."),
        CloseCode(4001, "replaced", "More sockets than one account may have; the oldest closes."),
        CloseCode(4002, "bad_version", "No version of the protocol in common."),
        CloseCode(4100, "slow", "The client reads too slowly; what it missed comes by resume."),
        CloseCode(4101, "overloaded", "The server has too much to do."),
        CloseCode(4102, "silent", "No answer to heartbeats."),
        CloseCode(4103, "flooding", "Many more pings or frames than allowed."),
        CloseCode(4200, "restarting", "The server restarts; connect again at once."),
        CloseCode(4300, "not_authenticated", "No valid session in time."),
        CloseCode(4301, "logged_out", "The session has ended."),
    )
}
