-- Pages of addresses fit into one block each from now on, and lie there as a whole: one that lies in
-- pieces in a table beside it takes longer to put together than to search. Those of before are made
-- anew, which takes some seconds for a million contacts.
ALTER TABLE address_pages SET (toast_tuple_target = 8160);
DELETE FROM address_pages;

-- Tables of few rows by which the large ones are looked up. Autovacuum leaves a table alone until 50
-- rows have changed, and until then the planner takes an unknown table for one of several hundred
-- rows: it would rather read all subscriptions than look up that many topics.
ALTER TABLE topics SET (autovacuum_analyze_threshold = 0);
ALTER TABLE campaigns SET (autovacuum_analyze_threshold = 0);
ALTER TABLE links SET (autovacuum_analyze_threshold = 0);
ANALYZE topics, campaigns, links;
