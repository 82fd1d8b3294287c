-- The text that is being written for a draft, as it was saved last; it may be unfinished. A campaign
-- without a row says what its announcement says. The row goes when the campaign starts.
CREATE TABLE campaign_drafts (
    campaign_id BIGINT NOT NULL PRIMARY KEY REFERENCES campaigns (id),
    revision    BIGINT NOT NULL, -- grows with each change of the text, from 1
    settled     BIGINT NOT NULL, -- the revision that the campaign's announcement and links are of
    source      TEXT   COLLATE "C" NOT NULL, -- the whole text, front matter included
    saved_at    BIGINT NOT NULL,
    actor_kind  TEXT   COLLATE "C" NOT NULL, -- who has saved it
    actor_id    BIGINT,
    actor_name  TEXT   COLLATE "C" NOT NULL
);
