"""What the measures behind a verdict are called where people read."""

from __future__ import annotations

NULL_WORDS = {
    "distance.isotropic": "isotropic state",
    "distance.random_token": "random token",
    "distance.same_decile": "token as frequent",
    "distance.current": "current token",
    "excess.shuffled": "predicted elsewhere",
    "excess.random_token": "random token",
    "excess.same_decile": "token as frequent",
    "excess.current": "current token",
    "excess.second": "second choice",
    "travel.shuffled_states": "states shuffled",
    "travel.shuffled_blocks": "blocks shuffled",
    "travel.same_decile": "token as frequent",
    "outside.embeddings": "embeddings (share)",
    "outside.current": "current token (share)",
    "outside.isotropic": "any direction (share)",
    "outside.s_0": "s_0 (share)",
    "decodes.shuffled": "predicted elsewhere",
    "decodes.with_s_0": "all positions",
    "agree.isotropic": "isotropic (agreement)",
    "agree.product": "s/|s| (agreement)",
    "agree.plain_norm": "plain norm (agreement)",
    "random_weights": "random weights",
}

AXES = {
    "H1": "distance in norms of e",
    "H2": "cosine above choice",
    "H3": "share of pairs in order",
    "H4": "energy outside, excess",
    "H5": "share of inner states",
    "H6": "agreement, corrected",
}

SHORT = {
    "H1": "H1: it is the embedding",
    "H2": "H2: it points along it",
    "H3": "H3: the path travels",
    "H4": "H4: it leaves the subspace",
    "H5": "H5: inner states decode",
    "H6": "H6: cosine singles it out",
}
