-- Whom an erasure of a list is about, for as long as it runs: of an address a keyed hash, and which contact
-- it was, by whom what they did is found when they are gone.
CREATE TABLE job_addresses (
    job_id       INTEGER NOT NULL REFERENCES jobs (id),
    address_hash BLOB    NOT NULL,
    contact_id   INTEGER,          -- null: nobody's
    was_erased   INTEGER NOT NULL, -- 1: before this job
    is_done      INTEGER NOT NULL, -- 1: by this job
    PRIMARY KEY (job_id, address_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_addresses_by_contact ON job_addresses (job_id, contact_id, is_done);
