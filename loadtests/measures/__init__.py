"""What is measured, and how it comes together: the same for Locust users and the fast driver.

Each process that loads a server has a `Meter`. What it notes is fetched now and then with `take`
(plain values that travel between processes) and put into one `Book`, from which reports are made.
"""

from loadtests.measures.book import Book, Phase, Second
from loadtests.measures.histogram import Histogram
from loadtests.measures.meter import Kind, Meter, MeterData

__all__ = ["Book", "Histogram", "Kind", "Meter", "MeterData", "Phase", "Second"]
