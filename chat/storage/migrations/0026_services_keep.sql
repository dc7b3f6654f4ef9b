-- How long a service keeps what was said after a talk, and then who took part and how to reach them.
ALTER TABLE services ADD COLUMN keep_text_minutes INTEGER NOT NULL DEFAULT 5;
ALTER TABLE services ADD COLUMN keep_contact_hours INTEGER NOT NULL DEFAULT 24;
