"""Previewing and closing a month for some or all clients on somebody's word: who asked, what each client came to, how far it is.

Each client is previewed or closed by the verbs of `close`, in a transaction of its own."""
