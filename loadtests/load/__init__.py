"""`make load`: a scenario with its report, and a short search for the capacity."""
