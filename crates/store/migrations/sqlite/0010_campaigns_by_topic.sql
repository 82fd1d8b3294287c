-- Who is trusted with some topics sees the campaigns of those.
CREATE INDEX campaigns_by_topic ON campaigns (topic_id, id);
