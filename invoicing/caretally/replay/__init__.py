"""The versions of a client's agreement, and what a new one would have brought over the client's past months before it is kept.
It prices nothing: the evaluation of `whatif` does, behind tables that nobody else sees."""
