"""Published reference files: opens the fee schedule, index, edit and diagnosis files as CMS, AHRQ and CDC publish them,
checks each whole, and loads it into the dated tables of `caretally.cms` beside what was in force before."""
