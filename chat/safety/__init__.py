"""Safety: who may have contact with whom by age, and the screening of public text."""
