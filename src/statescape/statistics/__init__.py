"""Samples in, intervals and tests out."""
