-- What an announcement says that somebody has written on its own, without a campaign: the text as it was
-- saved last, which may be unfinished, and the version that single messages are made from. A name without
-- a row says what its newest version says.
CREATE TABLE announcement_texts (
    name            TEXT    NOT NULL PRIMARY KEY,
    announcement_id INTEGER NOT NULL REFERENCES announcements (id), -- the version that is in use
    revision        INTEGER NOT NULL, -- grows with each change of the text, from 1
    settled         INTEGER NOT NULL, -- the revision that the version in use is of
    source          TEXT    NOT NULL, -- the whole text, front matter included
    saved_at        INTEGER NOT NULL,
    actor_kind      TEXT    NOT NULL, -- who has saved it
    actor_id        INTEGER,
    actor_name      TEXT    NOT NULL
) STRICT;
