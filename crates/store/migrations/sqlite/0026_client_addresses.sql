-- The keys of network addresses in events: one for each UTC day of hits, made of `salt` and the key file. Without
-- its row nobody reads that day's addresses any more.
CREATE TABLE IF NOT EXISTS client_keys (
    day      INTEGER NOT NULL PRIMARY KEY, -- since 1970
    salt     BLOB    NOT NULL,
    proof    BLOB    NOT NULL, -- shows whether the key file is the one that it was made with
    after_at INTEGER           -- events up to here are shortened; null: not begun
) STRICT;

-- Of releases that stored addresses as they are: events after this time are still to be shortened.
INSERT INTO settings (key, value)
    SELECT 'client_addresses/plain_after', '-1' WHERE EXISTS (SELECT 1 FROM events)
    ON CONFLICT (key) DO NOTHING;
