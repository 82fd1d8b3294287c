-- Audiences that are being materialised, a slice per transaction; the row goes with the last one.
CREATE TABLE expansions (
    campaign_id   INTEGER NOT NULL PRIMARY KEY REFERENCES campaigns (id),
    subscribed_by INTEGER NOT NULL, -- whoever subscribes later is not in the audience
    last_contact  INTEGER NOT NULL, -- nor who comes behind this one
    expected      INTEGER NOT NULL, -- about so many there will be
    made_to       INTEGER NOT NULL  -- everybody up to this contact has a delivery
) STRICT, WITHOUT ROWID;
