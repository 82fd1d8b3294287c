-- The text that is being written for a draft, as it was saved last; it may be unfinished. A campaign
-- without a row says what its announcement says. The row goes when the campaign starts.
CREATE TABLE campaign_drafts (
    campaign_id INTEGER NOT NULL PRIMARY KEY REFERENCES campaigns (id),
    revision    INTEGER NOT NULL, -- grows with each change of the text, from 1
    settled     INTEGER NOT NULL, -- the revision that the campaign's announcement and links are of
    source      TEXT    NOT NULL, -- the whole text, front matter included
    saved_at    INTEGER NOT NULL,
    actor_kind  TEXT    NOT NULL, -- who has saved it
    actor_id    INTEGER,
    actor_name  TEXT    NOT NULL
) STRICT;
