import httpx

from loadtests.people import GLADSAXE, HERLEV, Person, move_in
from tests.media.corpus import drawing, saved
from tests.patience import PATIENCE_SECONDS
from tests.servers import ServerProcess

UPLOADS = "/api/v1/pictures"


def upload(api: httpx.Client, person: Person) -> str:
    answer = api.post(UPLOADS, content=saved(drawing(), "JPEG"), headers=person.headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_picture_goes_with_its_bubble_and_outlives_a_crash(server: ServerProcess) -> None:
    database = server.database
    hanne, bent = move_in(database, "Hanne"), move_in(database, "Bent", municipality=HERLEV)
    child = move_in(database, "Ida", age=14)
    with httpx.Client(base_url=server.url, timeout=PATIENCE_SECONDS) as api:
        picture = upload(api, hanne)
        for person, status in ((hanne, 200), (bent, 404), (child, 404)):
            answer = api.get(f"{UPLOADS}/{picture}", headers=person.headers)
            assert answer.status_code == status
        bubble = {"title": "Kaffe", "text": "Hvem vil med på kaffe?", "picture": picture}
        posted = api.post("/api/v1/bubbles", json=bubble, headers=hanne.headers)
        assert posted.json()["picture"] == picture
    server.kill()
    server.start()
    with httpx.Client(base_url=server.url, timeout=PATIENCE_SECONDS) as api:
        for person, status in ((hanne, 200), (bent, 200), (child, 404)):
            answer = api.get(f"{UPLOADS}/{picture}?size=thumb", headers=person.headers)
            assert answer.status_code == status
        without = api.patch(
            f"/api/v1/bubbles/{posted.json()['id']}", json={"picture": None}, headers=hanne.headers
        )
        assert without.json()["picture"] is None
        for person in (hanne, bent, child):
            answer = api.get(f"{UPLOADS}/{picture}", headers=person.headers)
            assert answer.status_code == 404


def test_where_neither_subscribes_the_picture_is_hidden_with_its_bubble(
    server: ServerProcess,
) -> None:
    database = server.database
    hanne = move_in(database, "Hanne", municipality=HERLEV)
    neighbour = move_in(database, "Bent", municipality=HERLEV)
    in_gladsaxe = move_in(database, "Karen", municipality=GLADSAXE)
    with httpx.Client(base_url=server.url, timeout=PATIENCE_SECONDS) as api:
        picture = upload(api, hanne)
        bubble = {"title": "Kaffe", "text": "Hvem vil med på kaffe?", "picture": picture}
        assert api.post("/api/v1/bubbles", json=bubble, headers=hanne.headers).is_success
        for person, status in ((hanne, 200), (neighbour, 404), (in_gladsaxe, 200)):
            answer = api.get(f"{UPLOADS}/{picture}", headers=person.headers)
            assert answer.status_code == status
