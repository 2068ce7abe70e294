"""`make bench`: what this project costs, beside references measured in the same run. See docs/decisions/011.

It brings a PostgreSQL and servers of its own under a temporary folder, and removes them.
"""
