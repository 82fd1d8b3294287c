-- How many stray hits there were, by hour and by a recorder's shard; stays when they go.
CREATE TABLE stray_hours (
    hour  BIGINT NOT NULL, -- since 1970
    shard INTEGER NOT NULL,
    hits  BIGINT NOT NULL,
    PRIMARY KEY (hour, shard)
);
INSERT INTO stray_hours (hour, shard, hits)
    SELECT at / 3600000000, 0, count(*) FROM stray_hits GROUP BY at / 3600000000;
