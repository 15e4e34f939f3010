"""What Prometheus scrapes. What the tables know is read from them at scrape time, by the bridge and the API.

Prefork children write no metric: every step of an attempt is already a moment in the tables, which survives restarts
and kills. A worker itself reports only what no table knows (`host.py`): the memory of its process tree and the disk of
its spool.
"""
