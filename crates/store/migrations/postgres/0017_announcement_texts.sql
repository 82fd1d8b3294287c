-- What an announcement says that somebody has written on its own, without a campaign: the text as it was
-- saved last, which may be unfinished, and the version that single messages are made from. A name without
-- a row says what its newest version says.
CREATE TABLE announcement_texts (
    name            TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    announcement_id BIGINT NOT NULL REFERENCES announcements (id), -- the version that is in use
    revision        BIGINT NOT NULL, -- grows with each change of the text, from 1
    settled         BIGINT NOT NULL, -- the revision that the version in use is of
    source          TEXT   COLLATE "C" NOT NULL, -- the whole text, front matter included
    saved_at        BIGINT NOT NULL,
    actor_kind      TEXT   COLLATE "C" NOT NULL, -- who has saved it
    actor_id        BIGINT,
    actor_name      TEXT   COLLATE "C" NOT NULL
);
