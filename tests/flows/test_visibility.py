"""The visibility truth table over HTTP, on one real server: every cell, every way to a bubble.

Author's municipality x viewer's (subscribes or not, one's own or another's) x the age bands of
both; by list, search, id, count and reply. What is hidden looks exactly like what never was.
"""

import secrets
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from loadtests.people import BALLERUP, GLADSAXE, GLOSTRUP, HERLEV, Person, move_in
from loadtests.processes import ServerProcess
from tests.patience import PATIENCE_SECONDS
from tests.wire import new_client_id

PLACES = {"ballerup": BALLERUP, "gladsaxe": GLADSAXE, "herlev": HERLEV, "glostrup": GLOSTRUP}
SUBSCRIBE = {"ballerup", "gladsaxe"}
AGES = (14, 16, 40)
UNKNOWN = "1000000000000000"


class Home(NamedTuple):
    """Where somebody lives, and how old they are."""

    place: str
    age: int

    def __str__(self) -> str:
        return f"{self.place}{self.age}"


class Cell(NamedTuple):
    """One cell of the table."""

    author: Home
    viewer: Home

    def __str__(self) -> str:
        return f"{self.viewer} looks at {self.author}"

    @property
    def is_seen(self) -> bool:
        """What domain rules 1 and 2 say, written down once more, on their own."""
        by_place = self.author.place in SUBSCRIBE or self.viewer.place in SUBSCRIBE
        ages = {self.author.age, self.viewer.age}
        return by_place and ages != {14, 40}


HOMES = [Home(place, age) for place, age in product(PLACES, AGES)]
CELLS = [Cell(author, viewer) for author, viewer in product(HOMES, HOMES)]
every_cell = pytest.mark.parametrize("cell", CELLS, ids=str)
every_home = pytest.mark.parametrize("home", HOMES, ids=str)


class Town:
    """One author and one viewer for each home; each author has posted one bubble."""

    def __init__(self, server: ServerProcess, client: httpx.Client) -> None:
        self._client = client
        self._database = server.database
        self.authors = {home: self._move_in("Forfatter", home) for home in HOMES}
        self.viewers = {home: self._move_in("Nabo", home) for home in HOMES}
        self.bubbles = {home: self._post(home) for home in HOMES}

    def _move_in(self, role: str, home: Home) -> Person:
        return move_in(
            self._database, f"{role} {home}", municipality=PLACES[home.place], age=home.age
        )

    def _post(self, home: Home) -> str:
        body = {
            "title": "Gåture",
            "text": f"Vi går i skoven. Kendeord: {home}.",
            "interests": ["walks"],
        }
        posted = self._client.post("/api/v1/bubbles", json=body, headers=self.authors[home].headers)
        assert posted.status_code == 201, posted.text
        return str(posted.json()["id"])

    def get(self, person: Person, path: str, **query: str | int) -> httpx.Response:
        """Ask as a person."""
        return self._client.get(f"/api/v1{path}", params=query, headers=person.headers)

    def listed(self, person: Person, **query: str | int) -> list[str]:
        """List the ids of bubbles."""
        page = self.get(person, "/bubbles", limit=100, **query).json()
        return [bubble["id"] for bubble in page["bubbles"]]

    def count(self, person: Person, **query: str | int) -> int:
        """Count bubbles."""
        return int(self.get(person, "/bubbles/count", **query).json()["count"])

    def reply(self, person: Person, bubble: str) -> httpx.Response:
        """Reply to a bubble."""
        return self._client.post(
            f"/api/v1/bubbles/{bubble}/replies",
            json={"client_id": new_client_id(), "text": "Må jeg gå med?"},
            headers=person.headers,
        )


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    limits = Path(__file__).with_name("limits.toml")
    server = ServerProcess(tmp_path_factory.mktemp("town"), SAMTALE_CONFIG=str(limits))
    server.start()
    with httpx.Client(base_url=server.url, timeout=PATIENCE_SECONDS) as client:
        yield Town(server, client)
    server.stop()


@every_cell
def test_the_list(town: Town, cell: Cell) -> None:
    listed = town.listed(town.viewers[cell.viewer])
    assert (town.bubbles[cell.author] in listed) is cell.is_seen


@every_cell
def test_the_list_by_interest(town: Town, cell: Cell) -> None:
    listed = town.listed(town.viewers[cell.viewer], interest="walks")
    assert (town.bubbles[cell.author] in listed) is cell.is_seen


@every_cell
def test_the_list_by_municipality(town: Town, cell: Cell) -> None:
    place = PLACES[cell.author.place]
    listed = town.listed(town.viewers[cell.viewer], municipality=place)
    # A child's municipality is not shown, so only children who live there find it by that.
    neighbours = cell.viewer.place == cell.author.place and cell.viewer.age < 18
    found = cell.is_seen and (cell.author.age >= 18 or neighbours)
    assert (town.bubbles[cell.author] in listed) is found
    assert town.count(town.viewers[cell.viewer], municipality=place) == len(listed)


@every_cell
def test_the_search(town: Town, cell: Cell) -> None:
    found = town.listed(town.viewers[cell.viewer], query=f"gåturen {cell.author}")
    assert found == ([town.bubbles[cell.author]] if cell.is_seen else [])


@every_cell
def test_the_id(town: Town, cell: Cell) -> None:
    viewer = town.viewers[cell.viewer]
    answer = town.get(viewer, f"/bubbles/{town.bubbles[cell.author]}")
    if cell.is_seen:
        assert answer.status_code == 200
        shown = answer.json()["municipality"]
        assert shown == (PLACES[cell.author.place] if cell.author.age >= 18 else None)
    else:
        missing = town.get(viewer, f"/bubbles/{UNKNOWN}")
        assert (answer.status_code, answer.json()) == (404, missing.json())


@every_cell
def test_the_count(town: Town, cell: Cell) -> None:
    assert town.count(town.viewers[cell.viewer], query=str(cell.author)) == int(cell.is_seen)


@every_cell
def test_the_reply(town: Town, cell: Cell) -> None:
    viewer = town.viewers[cell.viewer]
    answer = town.reply(viewer, town.bubbles[cell.author])
    if cell.is_seen:
        assert answer.status_code == 201
        assert answer.json()["seq"] == 1
    else:
        missing = town.reply(viewer, UNKNOWN)
        assert (answer.status_code, answer.json()) == (404, missing.json())


@every_home
def test_ones_own_is_always_seen_whatever_the_rules_say(town: Town, home: Home) -> None:
    author, bubble = town.authors[home], town.bubbles[home]
    assert bubble in town.listed(author)
    assert town.listed(author, mine="true") == [bubble]
    assert town.listed(author, query=str(home)) == [bubble]
    assert town.count(author, query=str(home)) == 1
    seen = town.get(author, f"/bubbles/{bubble}").json()
    assert (seen["mine"], seen["municipality"]) == (True, PLACES[home.place])


@every_home
def test_ones_own_is_not_replied_to(town: Town, home: Home) -> None:
    answer = town.reply(town.authors[home], town.bubbles[home])
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "own_bubble")


@every_home
def test_the_count_of_everything_is_the_length_of_the_list(town: Town, home: Home) -> None:
    for person in (town.authors[home], town.viewers[home]):
        assert town.count(person) == len(town.listed(person))


def test_nobody_who_is_not_logged_in_sees_any_bubble(town: Town) -> None:
    nobody = Person(0, "", secrets.token_urlsafe(32))
    bubble = town.bubbles[HOMES[0]]
    for path in ("/bubbles", "/bubbles/count", f"/bubbles/{bubble}"):
        assert town.get(nobody, path).status_code == 401
    assert town.reply(nobody, bubble).status_code == 401
