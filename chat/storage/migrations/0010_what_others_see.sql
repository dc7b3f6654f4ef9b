-- What an account lets others see: what it has read, and that it is here. Off on one side, neither
-- side sees it.
ALTER TABLE accounts ADD COLUMN read_receipts INTEGER NOT NULL DEFAULT 1;
ALTER TABLE accounts ADD COLUMN presence INTEGER NOT NULL DEFAULT 0;
