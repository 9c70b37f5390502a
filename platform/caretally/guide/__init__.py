"""Help for the people who use the pages: texts of `docs/help`, read once and shown as pages.
They are written by us and hold no markup of their own."""
