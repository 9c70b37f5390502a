"""People, what each may do, and how they prove who they are.

Pages that ask for any of it stand on this; nothing here knows of requests."""
