-- Audiences that are being materialised, a slice per transaction; the row goes with the last one.
CREATE TABLE expansions (
    campaign_id   BIGINT NOT NULL PRIMARY KEY REFERENCES campaigns (id),
    subscribed_by BIGINT NOT NULL, -- whoever subscribes later is not in the audience
    last_contact  BIGINT NOT NULL, -- nor who comes behind this one
    expected      BIGINT NOT NULL, -- about so many there will be
    made_to       BIGINT NOT NULL  -- everybody up to this contact has a delivery
) WITH (fillfactor = 20);
