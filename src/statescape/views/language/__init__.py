"""Pictures of the language wing."""
