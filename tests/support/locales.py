"""Runs a test once in each kind of locale that a database may have."""

from __future__ import annotations

import pytest

# The embedded server uses PostgreSQL's own locale, Supabase and most other servers one of the C library. Each knows
# other spaces and other letters.
in_each_locale = pytest.mark.parametrize("database_url", ["builtin", "libc"], indirect=True)
