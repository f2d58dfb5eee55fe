"""Studies as pictures and pages, and the notebook of both wings: one section for each question."""
