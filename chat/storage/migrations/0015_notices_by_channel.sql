-- A notice goes out by mail, SMS or Web Push. `about` names what it speaks of, so that it can be
-- withdrawn when that changes; `expires_at` is when it is of no use any more.
ALTER TABLE notices ADD COLUMN channel TEXT NOT NULL DEFAULT 'mail';
ALTER TABLE notices ADD COLUMN account_id BIGINT;
ALTER TABLE notices ADD COLUMN about TEXT;
ALTER TABLE notices ADD COLUMN expires_at BIGINT;
DROP INDEX notices_by_due;
CREATE INDEX notices_by_due ON notices (state, channel, due_at);
CREATE INDEX notices_by_account ON notices (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX notices_by_about ON notices (about) WHERE about IS NOT NULL;

-- What someone has chosen: `choices` names each (kind, channel) that differs from the default.
-- Quiet hours are minutes of the day in Copenhagen; both null: none.
CREATE TABLE notice_settings (
    account_id BIGINT PRIMARY KEY,
    choices TEXT NOT NULL,
    quiet_from INTEGER,
    quiet_until INTEGER
) {clustered};

-- A telephone counts once the code that was sent to it has come back.
CREATE TABLE phones (
    account_id BIGINT PRIMARY KEY,
    phone TEXT NOT NULL,
    confirmed_at BIGINT,
    code_hash TEXT,
    code_until BIGINT,
    tries INTEGER NOT NULL,
    asked INTEGER NOT NULL,
    asked_since BIGINT NOT NULL
) {clustered};
CREATE INDEX phones_by_phone ON phones (phone);

-- A browser that takes Web Push; it ends with its session.
CREATE TABLE push_subscriptions (
    id {rowid},
    account_id BIGINT NOT NULL,
    session_id BIGINT NOT NULL,
    endpoint TEXT NOT NULL UNIQUE,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX push_subscriptions_by_account ON push_subscriptions (account_id);
