"""The pages and pictures of verdicts over a corpus."""
