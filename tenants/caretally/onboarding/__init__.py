"""What a new vendor has and what it still needs before its first month can be closed: computed each time, stored nowhere."""
