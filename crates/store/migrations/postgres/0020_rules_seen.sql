-- Evidence instead of verdicts: of every hit the rules that were seen in it, of every contact of a campaign
-- their hits beside one another, and counts of both, so that any rule set can be applied to what was counted.
-- Null: recorded by a release that kept classes alone, which the tables of before still count.
ALTER TABLE events ADD COLUMN rules BIGINT; -- bits, by number of rule
ALTER TABLE engagements ADD COLUMN hits BYTEA;

-- Contacts by the sets of rules that their hits have.
CREATE TABLE campaign_evidence (
    campaign_id BIGINT   NOT NULL,
    kind        SMALLINT NOT NULL, -- 0: of all their hits, 1: of their clicks
    evidence    BYTEA    NOT NULL,
    shard       INTEGER  NOT NULL,
    contacts    BIGINT   NOT NULL, -- a shard's share may be negative
    PRIMARY KEY (campaign_id, kind, evidence, shard)
);

-- Hits by the rules seen in them.
CREATE TABLE campaign_rules_seen (
    campaign_id BIGINT  NOT NULL,
    rules       BIGINT  NOT NULL,
    shard       INTEGER NOT NULL,
    views       BIGINT  NOT NULL,
    clicks      BIGINT  NOT NULL,
    PRIMARY KEY (campaign_id, rules, shard)
);

-- How far the times of old hits have been forgotten, while what was seen in them stays.
CREATE TABLE forgotten_times (
    campaign_id   BIGINT NOT NULL PRIMARY KEY,
    until_hour    BIGINT NOT NULL, -- since 1970: of the hits before it
    after_contact BIGINT NOT NULL  -- of the contacts up to this one; the last of all when they are done
);
