"""Background work: jobs that are rows, the relay and the schedule that hand them out, the workers that hold them by a lease.

It knows no kind of work; `app` passes the kinds in."""
