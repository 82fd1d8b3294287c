-- The media library: pictures and files that announcements use.
CREATE TABLE media (
    name         TEXT    NOT NULL PRIMARY KEY, -- what announcements call it
    file_name    TEXT    NOT NULL, -- what recipients see
    content_type TEXT    NOT NULL,
    alt          TEXT,             -- null: nobody gave one
    added_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The files of each, whose bytes are in a folder or a bucket.
CREATE TABLE media_files (
    name   TEXT    NOT NULL REFERENCES media (name),
    size   INTEGER NOT NULL, -- 0 whole, or for two pixels per point; 1 one pixel per point; 2 thumbnail
    file   TEXT    NOT NULL, -- begins with a hash of its content
    width  INTEGER NOT NULL, -- 0: no picture
    height INTEGER NOT NULL,
    bytes  INTEGER NOT NULL,
    PRIMARY KEY (name, size)
) STRICT, WITHOUT ROWID;
