"""A verdict on the hypothesis over a corpus: six questions, each with a margin declared beforehand."""
