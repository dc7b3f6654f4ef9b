"""Takes addresses out of what two devices tell each other to find a way (domain rule 3). Pure.

Nothing passes but what is known: the lines of a description that WebRTC needs (RFC 8829 section
5.8), and candidates of the allowed kind (RFC 8839 section 5.1). So nobody learns the other's
address, whatever their browser puts in.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from ipaddress import ip_address

from protocol.calls import Candidate, Description
from protocol.errors import Refused


class Way(StrEnum):
    """Which candidates may pass."""

    RELAY = "relay"  # only the relay's
    DIRECT = "direct"  # all have chosen to let the others learn their address
    LOOPBACK = "loopback"  # a demo without a relay: all sit at one machine


_PASSING = {
    Way.RELAY: frozenset({"relay"}),
    Way.DIRECT: frozenset({"host", "srflx", "prflx", "relay"}),
    Way.LOOPBACK: frozenset({"host"}),
}

_ATTRIBUTES = frozenset(
    [
        "bundle-only",
        "end-of-candidates",
        "extmap",
        "extmap-allow-mixed",
        "fingerprint",
        "fmtp",
        "group",
        "ice-options",
        "ice-pwd",
        "ice-ufrag",
        "inactive",
        "max-message-size",
        "maxptime",
        "mid",
        "msid",
        "msid-semantic",
        "ptime",
        "recvonly",
        "rid",
        "rtcp-fb",
        "rtcp-mux",
        "rtcp-mux-only",
        "rtcp-rsize",
        "rtpmap",
        "sctp-port",
        "sendonly",
        "sendrecv",
        "setup",
        "simulcast",
        "ssrc",
        "ssrc-group",
    ]
)
_NOWHERE = "IN IP4 0.0.0.0"
_LINE = re.compile(r"[a-z]=[\x20-\x7e]*")
_ORIGIN = re.compile(r"o=\S+ (\d{1,20}) (\d{1,20}) IN IP[46] \S+")
_MEDIA = re.compile(r"m=(audio|video|application) \d{1,5} ([A-Z/]{1,40})((?: [\w-]{1,32})+)")
_BANDWIDTH = re.compile(r"b=[A-Z]{1,8}:\d{1,12}")
_TOKENS = re.compile(r"[\s;,=/\"\[\]()<>]+")
_CANDIDATE = re.compile(
    r"candidate:(?P<foundation>[A-Za-z0-9+/]{1,32}) (?P<component>\d{1,3})"
    r" (?P<transport>udp|tcp) (?P<priority>\d{1,10}) (?P<address>\S{1,60}) (?P<port>\d{1,5})"
    r" typ (?P<kind>host|srflx|prflx|relay)(?P<more>(?: \S{1,256} \S{1,256})*)",
    re.IGNORECASE | re.ASCII,
)
_KEPT = frozenset({"generation", "tcptype", "ufrag"})
_MAY_TELL = re.compile(r"\d\.\d|:.*:|\.local", re.IGNORECASE)
_LOCAL_NAME = re.compile(r"[0-9a-f-]{36}\.local", re.IGNORECASE)


def scrub_description(description: Description, way: Way) -> Description:
    """Give a description without the addresses that may not pass.

    Raises `Refused("invalid_field")` for what is no SDP.
    """
    lines = description.sdp.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if lines[0] != "v=0" or not all(_LINE.fullmatch(line) for line in lines):
        raise Refused("invalid_field", field="description")
    kept = [scrubbed for line in lines if (scrubbed := _scrub_line(line, way)) is not None]
    return Description(description.type, "\r\n".join(kept) + "\r\n")


def scrub_candidates(candidates: Iterable[Candidate], way: Way) -> tuple[Candidate, ...]:
    """Give those candidates that may pass, without the addresses behind them.

    An empty one, the end of them, passes. What is no candidate is left out.
    """
    passing = []
    for one in candidates:
        text = scrub_candidate(one.candidate, way) if one.candidate else ""
        if text is not None:
            passing.append(Candidate(text, _plain(one.mid), one.line))
    return tuple(passing)


def scrub_candidate(text: str, way: Way) -> str | None:
    """Give a candidate without the address behind it; None if it may not pass, or is none."""
    found = _CANDIDATE.fullmatch(text.removeprefix("a="))
    if found is None:
        return None
    kind, address = found["kind"].lower(), found["address"]
    if kind not in _PASSING[way] or not _is_address(address, named=way is not Way.RELAY):
        return None
    parts = [
        f"candidate:{found['foundation']}", found["component"], found["transport"].lower(),
        found["priority"], address, found["port"], "typ", kind,
    ]  # fmt: skip
    if kind != "host":  # RFC 8839: to be given, and may be nowhere
        parts += ["raddr", "::" if ":" in address else "0.0.0.0", "rport", "0"]  # noqa: S104
    more = found["more"].split()
    for name, value in zip(more[::2], more[1::2], strict=True):
        if name in _KEPT and not _tells_address(value):
            parts += [name, value]
    return " ".join(parts)


def _scrub_line(line: str, way: Way) -> str | None:
    """Give a line of a description as it may pass; None if it may not."""
    match line[0]:
        case "v" | "t":
            return line if re.fullmatch(r"v=0|t=\d{1,12} \d{1,12}", line) else None
        case "s":
            return "s=-"
        case "o":
            found = _ORIGIN.fullmatch(line)
            if found is None:
                raise Refused("invalid_field", field="description")
            return f"o=- {found[1]} {found[2]} {_NOWHERE}"
        case "c":
            return f"c={_NOWHERE}"
        case "m":
            found = _MEDIA.fullmatch(line)
            if found is None:
                raise Refused("invalid_field", field="description")
            return f"m={found[1]} {_port(line)} {found[2]}{found[3]}"
        case "b":
            return line if _BANDWIDTH.fullmatch(line) else None
        case "a":
            return _scrub_attribute(line, way)
        case _:
            return None


def _scrub_attribute(line: str, way: Way) -> str | None:
    name = line[2:].partition(":")[0]
    if name == "candidate":
        passing = scrub_candidate(line, way)
        return None if passing is None else f"a={passing}"
    if name == "rtcp":
        return f"a=rtcp:9 {_NOWHERE}"
    if name not in _ATTRIBUTES or _tells_address(line.partition(":")[2]):
        return None
    return line


def _port(line: str) -> str:
    """Keep of a port only whether the medium is wanted (0: it is not)."""
    return "0" if line.split(" ")[1] == "0" else "9"


def _plain(mid: str | None) -> str | None:
    return mid if mid is not None and re.fullmatch(r"[\w-]{1,16}", mid, re.ASCII) else None


def _is_address(text: str, *, named: bool) -> bool:
    """Tell whether it is an address, or (`named`) a name that hides one on the local network."""
    try:
        ip_address(text)
    except ValueError:
        return named and _LOCAL_NAME.fullmatch(text) is not None
    return "%" not in text


def _tells_address(text: str) -> bool:
    """Tell whether an address, or the name of a machine on the local network, stands in it."""
    if _MAY_TELL.search(text) is None:  # most lines: to look closer costs fifty times as much
        return False
    for token in _TOKENS.split(text):
        if token.lower().endswith(".local"):
            return True
        for part in (token, token.rpartition(":")[0]):  # with a port behind it
            try:
                ip_address(part)
            except ValueError:
                continue
            if "." in part or ":" in part:
                return True
    return False
