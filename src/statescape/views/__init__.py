"""Results in, pictures out: one theme, figures for screen and paper, the page."""
