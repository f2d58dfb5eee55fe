"""The notebook as one page: the language wing, the reservoir wing, and the runs that every number comes from."""
