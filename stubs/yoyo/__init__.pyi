# yoyo-migrations 9 has no types: these are of what extractor/postgres/migrate.py uses.
from yoyo.migrations import read_migrations as read_migrations
