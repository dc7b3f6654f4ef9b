-- Who waits is spoken to in a language of the interface, and may ask to be called back.
ALTER TABLE line_entries ADD COLUMN interface TEXT NOT NULL DEFAULT 'da';
ALTER TABLE line_entries ADD COLUMN call_back INTEGER NOT NULL DEFAULT 0;
