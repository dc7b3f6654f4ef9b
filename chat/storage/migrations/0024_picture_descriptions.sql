-- What a picture shows, in words for those who do not see it. It belongs to the one place that shows
-- the picture, and goes with it; the version before, which knows nothing of it, lets it go too.
ALTER TABLE picture_claims ADD COLUMN description TEXT NOT NULL DEFAULT '';
CREATE INDEX picture_claims_described ON picture_claims (kind, of_id) WHERE description <> '';

-- Evidence is of all that a message said.
ALTER TABLE earlier_texts ADD COLUMN description TEXT NOT NULL DEFAULT '';
