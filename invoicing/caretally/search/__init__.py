"""One box that finds patients, clients, providers and invoices among what the visitor may see.
It owns no table and decides nothing: each kind is found where it is kept."""
