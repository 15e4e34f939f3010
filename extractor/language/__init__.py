"""What people read in English or French: the sentences of the code (`sentences.py`), and their French (`french/`)."""
