"""Media: pictures, re-encoded without their metadata, seen by those who may see what shows them."""
