"""What is to be loaded: stages over time, the same for Locust users and the fast driver."""

from loadtests.scenarios.model import Rates, Scenario, Stage

__all__ = ["Rates", "Scenario", "Stage"]
