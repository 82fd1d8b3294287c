-- Long work that somebody has asked for, done by whichever node has time. A node that does one holds
-- it for a while; when it is lost, another one goes on from the last step.
CREATE TABLE jobs (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- never used twice: it is in addresses
    kind         TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    actor_kind   TEXT    NOT NULL, -- who has asked for it
    actor_id     INTEGER,
    actor_name   TEXT    NOT NULL,
    topic_id     INTEGER REFERENCES topics (id), -- whose it is; null: the installation's
    title        TEXT    NOT NULL,
    spec         TEXT    NOT NULL, -- JSON: what is to be done
    position     TEXT    NOT NULL, -- JSON: where the next step begins
    counts       TEXT    NOT NULL, -- JSON: what has been done so far
    problem      TEXT   ,          -- why it failed
    done         INTEGER NOT NULL, -- bytes
    total        INTEGER NOT NULL,
    holder       INTEGER,          -- the node that does it
    held_until   INTEGER,
    epoch        INTEGER NOT NULL, -- grows with each holder
    created_at   INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT;

CREATE INDEX jobs_open ON jobs (state, id) WHERE ended_at IS NULL;
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;

-- What a job reads and writes, in parts of a fixed size.
CREATE TABLE job_parts (
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    file   INTEGER NOT NULL, -- 0: what was uploaded; 1: what was rejected
    number INTEGER NOT NULL,
    bytes  BLOB NOT NULL,
    PRIMARY KEY (job_id, file, number)
) STRICT;
