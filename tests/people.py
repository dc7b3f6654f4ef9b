"""People of tests (the same as those of load tests)."""

from loadtests.people import BALLERUP, GLADSAXE, GLOSTRUP, HERLEV, Person, move_in

__all__ = ["BALLERUP", "GLADSAXE", "GLOSTRUP", "HERLEV", "Person", "move_in"]
