"""No address passes but the relay's: not in a description, not in a candidate."""

import re
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.calls.scrub import Way, scrub_candidate, scrub_candidates, scrub_description
from protocol.calls import Candidate, Description
from protocol.errors import Refused

OFFER = Path(__file__).with_name("offer.sdp").read_bytes().decode("ascii")
"""What a browser offers, with a camera and a microphone, on a network with both families."""

RELAY = (
    "candidate:842163049 1 udp 41885439 198.51.100.7 49170 typ relay raddr 203.0.113.9 rport 55123"
    " generation 0 ufrag aBcD network-id 1 network-cost 50"
)
HOST = "candidate:1 1 udp 2122260223 192.168.1.23 51472 typ host generation 0 ufrag aBcD"
REFLEXIVE = (
    "candidate:2 1 udp 1686052607 203.0.113.9 51472 typ srflx raddr 192.168.1.23 rport 51472"
)
HIDDEN = "candidate:3 1 udp 2113937151 6c58e3a4-3f5b-4a4c-9a31-0a5f0f2c7a11.local 51472 typ host"
SIXTH = "candidate:4 1 udp 41885438 2001:db8::7 49171 typ relay raddr 2001:db8:1::23 rport 55124"
ALLOWED = {"0.0.0.0", "::"}


def addresses(text: str) -> set[str]:
    """Every address in a text, and every name on the local network."""
    found = set()
    for token in re.split(r"[\s;,=/\"\[\]()<>]+", text):
        if token.endswith(".local"):
            found.add(token)
        for part in (token, token.rpartition(":")[0]):
            try:
                ip_address(part)
            except ValueError:
                continue
            if "." in part or ":" in part:
                found.add(part)
    return found - ALLOWED


def described(sdp: str, way: Way = Way.RELAY) -> str:
    return scrub_description(Description("offer", sdp), way).sdp


def test_what_a_browser_offers_keeps_all_that_is_needed_and_no_address() -> None:
    assert addresses(OFFER)
    scrubbed = described(OFFER)
    assert addresses(scrubbed) == set()
    for name in ("ice-ufrag", "ice-pwd", "fingerprint", "setup", "mid", "rtpmap", "fmtp", "msid"):
        kept = [line for line in OFFER.splitlines() if line.startswith(f"a={name}:")]
        assert kept
        assert kept == [line for line in scrubbed.splitlines() if line.startswith(f"a={name}:")]
    assert scrubbed.count("m=") == OFFER.count("m=")
    assert described(scrubbed) == scrubbed


@pytest.mark.parametrize(
    ("candidate", "passing"),
    [
        (RELAY, {Way.RELAY, Way.DIRECT}),
        (SIXTH, {Way.RELAY, Way.DIRECT}),
        (HOST, {Way.DIRECT, Way.LOOPBACK}),
        (HIDDEN, {Way.DIRECT, Way.LOOPBACK}),
        (REFLEXIVE, {Way.DIRECT}),
        (RELAY.replace("198.51.100.7", "my-home.local"), set()),
        (RELAY.replace("198.51.100.7", "turn.example.dk"), set()),
        (RELAY.replace("typ relay", "typ host typ relay"), {Way.DIRECT, Way.LOOPBACK}),
        (RELAY.replace("typ relay", "typ RELAY"), {Way.RELAY, Way.DIRECT}),
        (f"{RELAY}\r\na={HOST}", set()),
        (f"{RELAY} secret", set()),
        ("candidate:1 1 udp 1 fe80::1%eth0 1 typ relay raddr :: rport 0", set()),
        ("candidate:", set()),
        ("nonsense", set()),
    ],
)
def test_a_candidate_passes_only_on_its_way(candidate: str, passing: set[Way]) -> None:
    assert {way for way in Way if scrub_candidate(candidate, way) is not None} == passing


def test_a_relayed_candidate_does_not_tell_what_is_behind_it() -> None:
    assert scrub_candidate(RELAY, Way.RELAY) == (
        "candidate:842163049 1 udp 41885439 198.51.100.7 49170 typ relay raddr 0.0.0.0 rport 0"
        " generation 0 ufrag aBcD"
    )
    assert addresses(scrub_candidate(SIXTH, Way.RELAY) or "") == {"2001:db8::7"}


def test_of_a_batch_the_end_and_what_may_pass_are_left() -> None:
    batch = [Candidate(HOST, "0", 0), Candidate(RELAY, "0", 0), Candidate("", "0\n", 0)]
    passing = scrub_candidates(batch, Way.RELAY)
    assert [(one.candidate[:9], one.mid) for one in passing] == [("candidate", "0"), ("", None)]


@pytest.mark.parametrize(
    "sdp",
    [
        "",
        "hello",
        "v=1\r\n",
        "v=0\r\no=- x 2 IN IP4 127.0.0.1\r\n",
        "v=0\r\nm=audio 9\r\n",
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 10.0.0.1\r\n",
        "v=0\r\na=mid:0\x00\r\n",
        "v=0\r\na=mid:\u00e6\r\n",
        "v=0\rc=IN IP4 10.0.0.1\r\n",
    ],
)
def test_what_is_no_description_is_refused_by_its_field(sdp: str) -> None:
    with pytest.raises(Refused) as refused:
        described(sdp)
    assert (refused.value.code, refused.value.field) == ("invalid_field", "description")


V4 = st.ip_addresses(v=4).map(str)
V6 = st.ip_addresses(v=6).map(str)
NAME = st.uuids().map(lambda one: f"{one}.local")
ADDRESS = st.one_of(V4, V6, NAME)
PLACES = st.sampled_from(
    [
        "o=- 1 2 IN IP4 {}", "c=IN IP4 {}", "c=IN IP6 {}", "a=rtcp:9 IN IP4 {}",
        "a=candidate:1 1 udp 1 {} 9 typ host",
        "a=candidate:1 1 udp 1 {} 9 typ srflx raddr {} rport 1",
        "a=remote-candidates:1 {} 9", "a=ssrc:1 cname:{}", "a=msid:{} x", "a=fmtp:96 a={};b=1",
        "a=x-google-flag:{}", "s={}", "i={}", "u=http://{}/", "e={}", "a=ice-options:{}",
        "a=rtcp:{}", "a=extmap:1 http://{}:80/x", "a=setup:{}", "z=0 {}", "k=clear:{}",
        "a=mid:{}", "a=group:BUNDLE {}", "a=candidate:1 1 udp 1 0.0.0.0 9 typ host ufrag {}",
    ]
)  # fmt: skip


@given(st.lists(st.tuples(PLACES, ADDRESS), max_size=20))
def test_no_address_passes_wherever_it_stands(lines: list[tuple[str, str]]) -> None:
    sdp = "\r\n".join(["v=0", *(line.replace("{}", address) for line, address in lines)])
    assert addresses(described(sdp)) == set()


@given(ADDRESS, ADDRESS, st.sampled_from(["ufrag", "generation", "network-id", "x"]))
def test_no_address_but_its_own_passes_in_a_relayed_candidate(
    behind: str, beside: str, name: str
) -> None:
    text = f"candidate:1 1 udp 1 198.51.100.7 9 typ relay raddr {behind} rport 1 {name} {beside}"
    assert addresses(scrub_candidate(text, Way.RELAY) or "") == {"198.51.100.7"}


@given(st.text(max_size=300), st.sampled_from(Way))
def test_whatever_comes_is_refused_or_scrubbed_and_never_fails(text: str, way: Way) -> None:
    passing = scrub_candidate(text, way)
    assert passing is None or scrub_candidate(passing, way) == passing
    try:
        scrubbed = described(f"v=0\r\n{text}", way)
    except Refused:
        return
    assert described(scrubbed, way) == scrubbed
