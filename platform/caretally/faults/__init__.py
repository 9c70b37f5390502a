"""Named failpoints: places where a test kills, stops or fails the process.

Off unless the environment names one."""
