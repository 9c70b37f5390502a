"""The operator's own pages: the vendors of this installation and its health; no patient's row is read."""
