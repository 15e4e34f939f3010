"""`make bench`: what a document, a ring, a statement and a session cost, beside what needs none of this program.

Each section is one file with a `measure`; `__main__.py` runs them. No test runs this: it takes ten quiet minutes.
"""
