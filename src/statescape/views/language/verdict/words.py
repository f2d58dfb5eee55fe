"""What the measures behind a verdict are called where people read."""

from __future__ import annotations

from statescape.wording import phrase

NULL_WORDS = {
    "distance.isotropic": phrase("isotropic state"),
    "distance.random_token": phrase("random token"),
    "distance.same_decile": phrase("token as frequent"),
    "distance.current": phrase("current token"),
    "excess.shuffled": phrase("predicted elsewhere"),
    "excess.random_token": phrase("random token"),
    "excess.same_decile": phrase("token as frequent"),
    "excess.current": phrase("current token"),
    "excess.second": phrase("second choice"),
    "travel.shuffled_states": phrase("states shuffled"),
    "travel.shuffled_blocks": phrase("blocks shuffled"),
    "travel.same_decile": phrase("token as frequent"),
    "outside.embeddings": phrase("embeddings (share)"),
    "outside.current": phrase("current token (share)"),
    "outside.isotropic": phrase("any direction (share)"),
    "outside.s_0": phrase("s_0 (share)"),
    "decodes.shuffled": phrase("predicted elsewhere"),
    "decodes.with_s_0": phrase("all positions"),
    "agree.isotropic": phrase("isotropic (agreement)"),
    "agree.product": phrase("s/|s| (agreement)"),
    "agree.plain_norm": phrase("plain norm (agreement)"),
    "random_weights": phrase("random weights"),
}

AXES = {
    "H1": phrase("distance in norms of e"),
    "H2": phrase("cosine above choice"),
    "H3": phrase("share of pairs in order"),
    "H4": phrase("energy outside, excess"),
    "H5": phrase("share of inner states"),
    "H6": phrase("agreement, corrected"),
}

SHORT = {
    "H1": phrase("H1: it is the embedding"),
    "H2": phrase("H2: it points along it"),
    "H3": phrase("H3: the path travels"),
    "H4": phrase("H4: it leaves the subspace"),
    "H5": phrase("H5: inner states decode"),
    "H6": phrase("H6: cosine singles it out"),
}
