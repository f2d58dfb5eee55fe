"""The rooms of a lens: what it is, how a text is read through it, how it is fitted and kept."""
