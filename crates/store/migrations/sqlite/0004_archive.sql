-- What everybody may read: topics with an archive, and the campaigns in it.
ALTER TABLE topics ADD COLUMN archive_open INTEGER NOT NULL DEFAULT 0;

CREATE TABLE archived_campaigns (
    campaign_id  INTEGER NOT NULL PRIMARY KEY REFERENCES campaigns (id),
    topic_id     INTEGER NOT NULL REFERENCES topics (id),
    listed       INTEGER NOT NULL, -- 0: only for those who know its address
    published_at INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX archived_campaigns_by_topic
    ON archived_campaigns (topic_id, published_at, campaign_id) WHERE listed = 1;

-- Finished pages, one for each language; the first has the number 0.
CREATE TABLE archive_pages (
    campaign_id INTEGER NOT NULL REFERENCES archived_campaigns (campaign_id),
    number      INTEGER NOT NULL,
    language    TEXT, -- null: the announcement does not say
    subject     TEXT    NOT NULL,
    summary     TEXT    NOT NULL,
    html        TEXT    NOT NULL,
    PRIMARY KEY (campaign_id, number)
) STRICT;
