-- Whom an erasure of a list is about, for as long as it runs: of an address a keyed hash, and which contact
-- it was, by whom what they did is found when they are gone.
CREATE TABLE job_addresses (
    job_id       BIGINT NOT NULL REFERENCES jobs (id),
    address_hash BYTEA  NOT NULL,
    contact_id   BIGINT,          -- null: nobody's
    was_erased   BIGINT NOT NULL, -- 1: before this job
    is_done      BIGINT NOT NULL, -- 1: by this job
    PRIMARY KEY (job_id, address_hash)
);
CREATE INDEX job_addresses_by_contact ON job_addresses (job_id, contact_id, is_done);
