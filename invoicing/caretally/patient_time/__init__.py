"""One patient's month of time as it counts so far: the evaluation's own seconds beside each entry, or those of the close.

It adds nothing up itself and decides nothing."""
