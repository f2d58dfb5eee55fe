"""Pictures and the report of an evolved wiring."""
