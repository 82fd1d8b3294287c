-- The media library: pictures and files that announcements use.
CREATE TABLE media (
    name         TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- what announcements call it
    file_name    TEXT COLLATE "C" NOT NULL, -- what recipients see
    content_type TEXT COLLATE "C" NOT NULL,
    alt          TEXT COLLATE "C",          -- null: nobody gave one
    added_at     BIGINT NOT NULL
);

-- The files of each, whose bytes are in a folder or a bucket.
CREATE TABLE media_files (
    name   TEXT     COLLATE "C" NOT NULL REFERENCES media (name),
    size   SMALLINT NOT NULL, -- 0 whole, or for two pixels per point; 1 one pixel per point; 2 thumbnail
    file   TEXT     COLLATE "C" NOT NULL, -- begins with a hash of its content
    width  BIGINT   NOT NULL, -- 0: no picture
    height BIGINT   NOT NULL,
    bytes  BIGINT   NOT NULL,
    PRIMARY KEY (name, size)
);
