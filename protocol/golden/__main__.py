"""Write the golden frames again: `python -m protocol.golden`."""

from protocol.golden.render import HERE, files

made = files()
for old in (HERE / "frames").glob("*.json"):
    if old not in made:
        old.unlink()
for path, text in made.items():
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
