"""Operations of calls, over the socket only: who is in a call is there to be signalled to."""

from protocol import calls as wire
from protocol import requests as ask
from protocol import resources as res
from protocol.operation import Access, Operation

ROWS = (
    Operation(
        "call.start",
        "Call the others in a conversation; if they call already, join them.",
        wire.StartCall,
        wire.Joined,
        Access.ACTIVE,
        socket=True,
        guests=True,
    ),
    Operation(
        "call.join",
        "Answer a call, come back to it, or go on at another device.",
        wire.JoinCall,
        wire.Joined,
        Access.ACTIVE,
        socket=True,
        guests=True,
    ),
    Operation(
        "call.get",
        "The call that is on in a conversation; ask again after every reconnect.",
        ask.OneConversation,
        wire.CurrentCall,
        Access.ACCOUNT,
        socket=True,
        guests=True,
    ),
    Operation(
        "call.signal",
        "Hand a description or candidates to another; addresses do not pass.",
        wire.SignalCall,
        res.Empty,
        Access.ACTIVE,
        socket=True,
        guests=True,
    ),
    Operation(
        "call.renew",
        "Fresh credentials for the relay, before every ICE restart.",
        wire.OneCall,
        wire.Ice,
        Access.ACTIVE,
        socket=True,
        guests=True,
    ),
    Operation(
        "call.media",
        "Go on by video, voice or text; say whether media flow.",
        wire.ChangeCall,
        wire.Call,
        Access.ACTIVE,
        socket=True,
        guests=True,
    ),
    Operation(
        "call.extend",
        "Ask for five more minutes; they are given once all ask, if nobody waits.",
        wire.ExtendCall,
        wire.Call,
        Access.ACTIVE,
        socket=True,
        guests=True,
    ),
    Operation(
        "call.leave",
        "Leave, with the way back open for a while; or decline what rings.",
        wire.LeaveCall,
        wire.Call,
        Access.ACCOUNT,
        socket=True,
        guests=True,
    ),
    Operation(
        "call.end",
        "End the call for all.",
        wire.OneCall,
        wire.Call,
        Access.ACCOUNT,
        socket=True,
        guests=True,
    ),
)
