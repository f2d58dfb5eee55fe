"""Pictures of the reservoir wing."""
