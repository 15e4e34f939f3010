"""The product's chain from an INSERT to a worker, and three others on the same servers that do less or other things.

Each file has what runs in the chain's processes, and the class by which the measuring side starts them.
"""
