-- Retention: how far each walk over what is kept has come.
CREATE TABLE IF NOT EXISTS retention_walks (
    walk  TEXT    NOT NULL PRIMARY KEY, -- what is walked over
    day   INTEGER NOT NULL, -- since 1970: that of the walk
    after BLOB    NOT NULL, -- everything up to this key has been looked at
    done  INTEGER NOT NULL  -- 1: everything has been
) STRICT, WITHOUT ROWID;

-- Until when a campaign's hours are kept by days (UTC): such a day's hits stand in its first hour.
CREATE TABLE IF NOT EXISTS folded_hours (
    campaign_id INTEGER NOT NULL PRIMARY KEY,
    until_hour  INTEGER NOT NULL -- since 1970
) STRICT;

-- Reports that are mailed at set times.
CREATE TABLE IF NOT EXISTS report_schedules (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT    NOT NULL, -- model::ReportSubject
    campaigns   TEXT    NOT NULL, -- their ids, in order, between commas; empty for a topic's report
    topic_id    INTEGER,
    rhythm      TEXT    NOT NULL, -- model::ReportRhythm
    zone        TEXT    NOT NULL, -- of the IANA database
    created_by  TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    next_at     INTEGER,          -- null: some time after the campaign is sent, or never again
    last_due_at INTEGER,
    campaign_id INTEGER           -- whose end is waited for
) STRICT;
CREATE INDEX IF NOT EXISTS report_schedules_due ON report_schedules (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS report_schedules_waiting ON report_schedules (campaign_id)
    WHERE campaign_id IS NOT NULL AND last_due_at IS NULL;

CREATE TABLE IF NOT EXISTS report_schedule_users (
    schedule_id INTEGER NOT NULL,
    user_id     INTEGER NOT NULL,
    PRIMARY KEY (schedule_id, user_id)
) STRICT, WITHOUT ROWID;

-- One for each person and time at which a report was due.
CREATE TABLE IF NOT EXISTS report_mails (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    schedule_id INTEGER NOT NULL,
    user_id     INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    state       INTEGER NOT NULL, -- 0 waiting, 1 begun, 2 sent, 3 not sent, 4 in doubt
    try_at      INTEGER NOT NULL,
    tries       INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    words       TEXT    NOT NULL, -- what became of it, without an address
    UNIQUE (schedule_id, user_id, due_at)
) STRICT;
CREATE INDEX IF NOT EXISTS report_mails_waiting ON report_mails (try_at, id) WHERE state = 0;
CREATE INDEX IF NOT EXISTS report_mails_begun ON report_mails (changed_at) WHERE state = 1;
CREATE INDEX IF NOT EXISTS report_mails_by_change ON report_mails (changed_at);
