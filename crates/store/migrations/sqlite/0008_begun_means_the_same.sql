-- A lease may have been begun unless its holder's journal says otherwise: on SQLite nobody tells the
-- store when one is.
UPDATE deliveries SET begun = 1 WHERE state = 1;
