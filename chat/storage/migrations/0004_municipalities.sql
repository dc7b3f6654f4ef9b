-- The 98 municipalities; filled from chat/municipalities/kommuner.csv at the first start.
CREATE TABLE municipalities (
    code {rowid},
    name TEXT NOT NULL,
    region TEXT NOT NULL
);

-- In force from from_date until the day before to_date (null: open ended); dates in Copenhagen.
CREATE TABLE subscriptions (
    municipality BIGINT NOT NULL REFERENCES municipalities (code),
    from_date TEXT NOT NULL,
    to_date TEXT,
    PRIMARY KEY (municipality, from_date)
) {clustered};
