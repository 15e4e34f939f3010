from collections.abc import Sequence

class Migration:
    id: str

default_migration_table: str

def read_migrations(*sources: str) -> Sequence[Migration]: ...
