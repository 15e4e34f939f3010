"""What Prometheus scrapes. What the tables know is read from them at scrape time, by the bridge and the API.

Nothing is counted twice over: prefork children write no metric, since every step of an attempt is a moment on its row
already, which survives restarts and kills. Only what no table knows is a worker's own (`host.py`): the memory of its
process tree, its spool's disk.
"""
