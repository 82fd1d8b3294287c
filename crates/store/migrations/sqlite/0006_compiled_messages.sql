-- What a campaign's messages are made from: its announcement as it was compiled at the start, so
-- that a later release or other settings send nothing else. JSON, in a shape of crates/render.
CREATE TABLE compiled_messages (
    campaign_id INTEGER NOT NULL PRIMARY KEY REFERENCES campaigns (id),
    form        TEXT    NOT NULL
) STRICT;
