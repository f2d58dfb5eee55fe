"""How the bundled model `conteur` was made: corpus, training, evaluation, packaging.

One command does it all and goes on where it was killed: ``python -m training --data TEXT_DIR --out build/conteur``.
"""
