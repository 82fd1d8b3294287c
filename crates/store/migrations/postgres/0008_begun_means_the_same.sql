-- Here nodes say when they begin; what SQLite needs, PostgreSQL has. The versions go together.
SELECT 1;
