-- A seat is who one is in one talk: a name, a language and an age, and nothing that leads to the
-- account of a citizen, or of a volunteer who may be a citizen too. Ids are of the accounts' kind.
CREATE TABLE seats (
    id {rowid},
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    born TEXT NOT NULL,
    municipality INTEGER NOT NULL,
    opened_at BIGINT NOT NULL
);
CREATE TABLE seat_sessions (
    digest {blob} NOT NULL PRIMARY KEY,
    id BIGINT NOT NULL UNIQUE,
    seat_id BIGINT NOT NULL REFERENCES seats (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL
) {clustered};
CREATE INDEX seat_sessions_by_seat ON seat_sessions (seat_id, id);
CREATE INDEX seat_sessions_by_expiry ON seat_sessions (expires_at);

-- The local branches and who coordinates them.
CREATE TABLE branches (
    id {rowid},
    name TEXT NOT NULL UNIQUE,
    municipality INTEGER NOT NULL
);
CREATE TABLE coordinators (
    account_id BIGINT NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    branch_id BIGINT NOT NULL REFERENCES branches (id),
    name TEXT NOT NULL,
    since BIGINT NOT NULL
) {clustered};
CREATE INDEX coordinators_by_branch ON coordinators (branch_id);

-- What is talked about and for how long; `weeks` of a course, null for single talks.
CREATE TABLE services (
    slug TEXT NOT NULL PRIMARY KEY,
    danish TEXT NOT NULL,
    english TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    weeks INTEGER
) {clustered};
INSERT INTO services (slug, danish, english, minutes, weeks) VALUES
    ('snaksammen', 'SnakSammen', 'SnakSammen', 15, NULL),
    ('sprogland', 'Sprogland', 'Sprogland', 40, NULL),
    ('samtalevenner', 'SamtaleVenner', 'SamtaleVenner', 15, 17);

-- A volunteer, apart from the account behind: name, words and interests are their own.
CREATE TABLE volunteers (
    id {rowid},
    account_id BIGINT NOT NULL UNIQUE REFERENCES accounts (id) ON DELETE CASCADE,
    branch_id BIGINT NOT NULL REFERENCES branches (id),
    state TEXT NOT NULL,
    name TEXT NOT NULL,
    words TEXT NOT NULL,
    languages TEXT NOT NULL,
    interests TEXT NOT NULL,
    agreement_at BIGINT,
    course_at BIGINT,
    certificate_until TEXT,
    since BIGINT NOT NULL,
    call_wanted_at BIGINT
);
CREATE INDEX volunteers_by_branch ON volunteers (branch_id, state);

-- Links by mail that make one a volunteer or a coordinator of a branch; only digests are kept.
CREATE TABLE branch_invitations (
    digest {blob} NOT NULL PRIMARY KEY,
    branch_id BIGINT NOT NULL REFERENCES branches (id),
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_by BIGINT
) {clustered};
CREATE INDEX branch_invitations_by_expiry ON branch_invitations (expires_at);

-- Weekly times as they are said (`minute` of the day in Copenhagen), and the single times that
-- they and the volunteer have made, in UTC. `made_until`: the last date that has been made.
CREATE TABLE weekly_times (
    id {rowid},
    volunteer_id BIGINT NOT NULL REFERENCES volunteers (id) ON DELETE CASCADE,
    service TEXT NOT NULL,
    weekday INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    from_date TEXT NOT NULL,
    until_date TEXT,
    made_until TEXT,
    withdrawn_at BIGINT
);
CREATE INDEX weekly_times_by_volunteer ON weekly_times (volunteer_id);
CREATE TABLE times (
    id {rowid},
    volunteer_id BIGINT NOT NULL REFERENCES volunteers (id) ON DELETE CASCADE,
    weekly_id BIGINT,
    service TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    withdrawn_at BIGINT
);
CREATE UNIQUE INDEX times_by_volunteer ON times (volunteer_id, starts_at);
CREATE INDEX times_by_start ON times (service, starts_at) WHERE withdrawn_at IS NULL;
CREATE INDEX times_by_weekly ON times (weekly_id) WHERE weekly_id IS NOT NULL;

CREATE TABLE bookings (
    id {rowid},
    service TEXT NOT NULL,
    state TEXT NOT NULL,
    volunteer_id BIGINT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    account_id BIGINT,
    guest BIGINT,
    age_band TEXT NOT NULL,
    by_parent INTEGER NOT NULL,
    language TEXT NOT NULL,
    coordinator_id BIGINT,
    course_id BIGINT,
    hold_digest {blob} UNIQUE,
    hold_until BIGINT,
    created_at BIGINT NOT NULL,
    settled_at BIGINT
);
CREATE INDEX bookings_by_account ON bookings (account_id, starts_at) WHERE account_id IS NOT NULL;
CREATE INDEX bookings_by_volunteer ON bookings (volunteer_id, starts_at);
CREATE INDEX bookings_by_hold ON bookings (hold_until) WHERE state = 'held';
CREATE INDEX bookings_by_course ON bookings (course_id) WHERE course_id IS NOT NULL;

-- Nobody is double-booked: one row for each five minutes that someone is taken (ADR 0025).
-- `side`: 1 a volunteer, 2 an account, 3 a guest (a number made of the address), 4 a coordinator.
CREATE TABLE occupied (
    side INTEGER NOT NULL,
    who BIGINT NOT NULL,
    at BIGINT NOT NULL,
    booking_id BIGINT NOT NULL,
    PRIMARY KEY (side, who, at)
) {clustered};
CREATE INDEX occupied_by_booking ON occupied (booking_id);

-- SamtaleVenner: the same pair weekly, extended only if both say so.
CREATE TABLE courses (
    id {rowid},
    service TEXT NOT NULL,
    state TEXT NOT NULL,
    volunteer_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    from_date TEXT NOT NULL,
    until_date TEXT NOT NULL,
    minute INTEGER NOT NULL,
    citizen_more INTEGER NOT NULL,
    volunteer_more INTEGER NOT NULL
);
CREATE INDEX courses_by_account ON courses (account_id);
CREATE INDEX courses_by_volunteer ON courses (volunteer_id);

-- Talks, booked or from the line; what is said stands in their conversation until `erase_at`.
CREATE TABLE talks (
    id {rowid},
    booking_id BIGINT UNIQUE,
    entry_id BIGINT UNIQUE,
    service TEXT NOT NULL,
    state TEXT NOT NULL,
    volunteer_id BIGINT NOT NULL,
    branch_id BIGINT NOT NULL,
    age_band TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    conversation_id BIGINT UNIQUE,
    reminded_at BIGINT,
    began_at BIGINT,
    ended_at BIGINT,
    erase_at BIGINT,
    erased_at BIGINT
);
CREATE INDEX talks_by_state ON talks (state, starts_at);
CREATE INDEX talks_by_erasure ON talks (erase_at) WHERE erased_at IS NULL;
CREATE INDEX talks_by_branch ON talks (branch_id, starts_at);

-- Who takes part, as what, and how they are told. Erased with the talk's text, but for `role`.
CREATE TABLE talk_parties (
    talk_id BIGINT NOT NULL REFERENCES talks (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    account_id BIGINT,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    seat_id BIGINT UNIQUE,
    entered_at BIGINT,
    left_at BIGINT,
    reason TEXT,
    wants_more INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (talk_id, role)
) {clustered};
CREATE INDEX talk_parties_by_account ON talk_parties (account_id) WHERE account_id IS NOT NULL;

-- Personal links: only their digests. One party may have several, by mail and by SMS.
CREATE TABLE talk_links (
    digest {blob} NOT NULL PRIMARY KEY,
    talk_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    FOREIGN KEY (talk_id, role) REFERENCES talk_parties (talk_id, role) ON DELETE CASCADE
) {clustered};
CREATE INDEX talk_links_by_party ON talk_links (talk_id, role);

-- The line of those who want to talk now. `place` rises in commit order: first come, first served.
CREATE TABLE line_entries (
    id {rowid},
    place BIGINT NOT NULL UNIQUE,
    service TEXT NOT NULL,
    state TEXT NOT NULL,
    language TEXT NOT NULL,
    age_band TEXT NOT NULL,
    account_id BIGINT,
    seat_id BIGINT,
    name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    joined_at BIGINT NOT NULL,
    seen_until BIGINT NOT NULL,
    shown_at BIGINT,
    shown_low_ms BIGINT,
    shown_high_ms BIGINT,
    settled_at BIGINT
);
CREATE UNIQUE INDEX line_entries_by_account ON line_entries (account_id)
    WHERE state = 'waiting' AND account_id IS NOT NULL;
CREATE UNIQUE INDEX line_entries_by_seat ON line_entries (seat_id) WHERE seat_id IS NOT NULL;
CREATE INDEX line_entries_waiting ON line_entries (state, place);
CREATE INDEX line_entries_by_end ON line_entries (settled_at);

CREATE TABLE offers (
    id {rowid},
    entry_id BIGINT NOT NULL REFERENCES line_entries (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    taken_by BIGINT
);
CREATE UNIQUE INDEX offers_by_entry ON offers (entry_id) WHERE state = 'open';
CREATE INDEX offers_by_expiry ON offers (state, expires_at);

-- Volunteers on duty: a lease that they renew, and a pause after a hard talk.
CREATE TABLE on_duty (
    volunteer_id BIGINT NOT NULL PRIMARY KEY REFERENCES volunteers (id) ON DELETE CASCADE,
    since BIGINT NOT NULL,
    seen_until BIGINT NOT NULL,
    paused_until BIGINT NOT NULL
) {clustered};

-- How one felt, by talk and by nothing else; and what a volunteer wants to say, without content.
CREATE TABLE talk_feelings (
    talk_id BIGINT NOT NULL PRIMARY KEY REFERENCES talks (id) ON DELETE CASCADE,
    before INTEGER,
    after INTEGER
) {clustered};
CREATE TABLE debriefs (
    talk_id BIGINT NOT NULL PRIMARY KEY REFERENCES talks (id) ON DELETE CASCADE,
    volunteer_id BIGINT NOT NULL,
    weight TEXT NOT NULL,
    call_wanted INTEGER NOT NULL,
    at BIGINT NOT NULL
) {clustered};

-- Reports keep what was said, as evidence; each look at it is a row.
CREATE TABLE talk_reports (
    id {rowid},
    talk_id BIGINT NOT NULL,
    branch_id BIGINT NOT NULL,
    by_role TEXT NOT NULL,
    reason TEXT NOT NULL,
    words TEXT NOT NULL,
    evidence TEXT NOT NULL,
    at BIGINT NOT NULL,
    settled_at BIGINT
);
CREATE INDEX talk_reports_by_branch ON talk_reports (branch_id, at);
CREATE UNIQUE INDEX talk_reports_by_party ON talk_reports (talk_id, by_role);
CREATE TABLE report_looks (
    id {rowid},
    report_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    at BIGINT NOT NULL
);

-- What coordinators are alerted of: a volunteer who calls, someone who did not come.
CREATE TABLE alerts (
    id {rowid},
    branch_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    talk_id BIGINT,
    volunteer_id BIGINT,
    at BIGINT NOT NULL,
    settled_at BIGINT
);
CREATE INDEX alerts_by_branch ON alerts (branch_id, at);
