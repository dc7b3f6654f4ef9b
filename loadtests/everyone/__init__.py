"""Everyone at once: how many connections one machine holds, and what they cost it.

A `Crowd` is a process full of people who only have the app open; `town` makes them, `footprint`
reads what all of it takes of the machine, `report` says what was found. Run `python -m
loadtests.everyone`.
"""
