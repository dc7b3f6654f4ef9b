"""The correctness oracle: what was lost, doubled, reordered, misdelivered or left as a gap.

A run has one `Oracle` in each process. Writers ask it for a `Voice`, devices for an `Ear`; at the
end `judge` puts the `data` of all of them together.

    voice, ear = oracle.voice("anna", "bo"), oracle.ear("bo's phone", "bo")
    ear.follow(conversation, after=last_seq)      # before the first message is sent
    text = voice.mark() + "Skal vi gå en tur?"    # and remember voice.number
    voice.acked(conversation, number, seq)        # on the ack
    ear.heard(conversation, seq, text)            # on every event with a seq
    judge([oracle.data])                          # when everything has settled
"""

from loadtests.oracle.marks import Mark
from loadtests.oracle.oracle import Ear, Oracle, OracleData, Voice
from loadtests.oracle.verdict import Verdict, judge

__all__ = ["Ear", "Mark", "Oracle", "OracleData", "Verdict", "Voice", "judge"]
