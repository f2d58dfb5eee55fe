"""Wing: genomes, operators, the search for a wiring, and what its champion is held against."""
