"""The rooms of a model: where it comes from, where its stream runs, how it is read and what it is held to."""
