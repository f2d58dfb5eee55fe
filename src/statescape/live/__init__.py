"""Live: a server on this machine whose pages answer while one types, and follow a search as it goes.

The second front door. It loads a model once, reads a text and sends the numbers that the saved pages hold; the browser
draws them with the same scripts. Runs are read from their journals, which other processes may be writing.
"""
