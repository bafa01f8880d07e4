-- What the indexes of the tables need. All are trusted: an owner who is no superuser may create them.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;
