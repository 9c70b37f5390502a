"""The first page of each visitor: what needs them today, where the newest month stands, how the last twelve went.

It owns no table and decides nothing: every figure is one that another capability keeps, and leads to its page."""
