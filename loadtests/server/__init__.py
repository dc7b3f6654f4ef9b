"""What the server says of itself: read over its metrics endpoint, without a shell on it."""

from loadtests.server.prometheus import Scrape, read
from loadtests.server.sampler import Sample, Sampler, Span, span

__all__ = ["Sample", "Sampler", "Scrape", "Span", "read", "span"]
