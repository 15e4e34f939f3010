"""A stand-in for the registry's site: same addresses, ids and texts, no money.

Start it with ``python -m extractor.standin``; `app` holds the manual.
"""
