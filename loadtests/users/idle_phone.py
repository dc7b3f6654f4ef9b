"""A phone in a pocket: hears everything, reads nothing, and loses the network again and again."""

from locust import task

from loadtests.users.mix import RECONNECTS_PER_VISIT, VISIT_SECONDS
from loadtests.users.resident import Resident, share_of


class IdlePhone(Resident):
    """Reconnects 5-10 times a visit, and resumes from its cursor each time."""

    weight = share_of("IdlePhone")

    @task
    def live(self) -> None:
        """Stay a while, lose the network; the phone comes back by itself."""
        self.think(self.around(VISIT_SECONDS / RECONNECTS_PER_VISIT))
        if self.phone is not None and not self.load.settling:
            self.phone.tunnel()
