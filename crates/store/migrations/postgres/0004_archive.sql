-- What everybody may read: topics with an archive, and the campaigns in it.
ALTER TABLE topics ADD COLUMN archive_open SMALLINT NOT NULL DEFAULT 0;

CREATE TABLE archived_campaigns (
    campaign_id  BIGINT   NOT NULL PRIMARY KEY REFERENCES campaigns (id),
    topic_id     BIGINT   NOT NULL REFERENCES topics (id),
    listed       SMALLINT NOT NULL, -- 0: only for those who know its address
    published_at BIGINT   NOT NULL,
    changed_at   BIGINT   NOT NULL
);
CREATE INDEX archived_campaigns_by_topic
    ON archived_campaigns (topic_id, published_at, campaign_id) WHERE listed = 1;

-- Finished pages, one for each language; the first has the number 0.
CREATE TABLE archive_pages (
    campaign_id BIGINT   NOT NULL REFERENCES archived_campaigns (campaign_id),
    number      SMALLINT NOT NULL,
    language    TEXT     COLLATE "C", -- null: the announcement does not say
    subject     TEXT     COLLATE "C" NOT NULL,
    summary     TEXT     COLLATE "C" NOT NULL,
    html        TEXT     COLLATE "C" NOT NULL,
    PRIMARY KEY (campaign_id, number)
);
