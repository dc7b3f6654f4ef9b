-- When a copy of the database was last made and found whole, for whoever watches its age.
ALTER TABLE deployment ADD COLUMN backed_up_at BIGINT;
