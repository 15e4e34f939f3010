"""A test once in each kind of locale that a database may have."""

from __future__ import annotations

import pytest

# The embedded server has the locale that PostgreSQL brings, Supabase and most others one of the C library: each knows
# other spaces and other letters.
in_each_locale = pytest.mark.parametrize("database_url", ["builtin", "libc"], indirect=True)
