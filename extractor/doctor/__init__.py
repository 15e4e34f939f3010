"""`extractor doctor`: is every part there, and if not, what to do. Spends nothing and touches no row.

It imports nothing: `health.py`, which a supervisor runs again and again, needs neither browser nor storage.
"""
