"""Users for Locust: people of a seeded town, who speak the published protocol.

`Citizen` takes part, `IdlePhone` lies in a pocket, `HistoryReader` reads back, `SlowReader` reads
too slowly, `Hostile` does what nobody should; `Volunteer` and `Seeker` meet in SnakSammen's talks.
`Load` is what those of one process share.
"""

from loadtests.users.citizen import Citizen
from loadtests.users.history_reader import HistoryReader
from loadtests.users.hostile import Hostile
from loadtests.users.idle_phone import IdlePhone
from loadtests.users.load import Load, load_of
from loadtests.users.resident import Resident
from loadtests.users.slow_reader import SlowReader
from loadtests.users.talking import Seeker, Volunteer

__all__ = [
    "Citizen", "HistoryReader", "Hostile", "IdlePhone", "Load", "Resident", "Seeker",
    "SlowReader", "Volunteer", "load_of",
]  # fmt: skip
