"""A practice's own space: its overview and patients, samples that it draws and judges, rosters that it compares;
what it keeps here the vendor does not see."""
