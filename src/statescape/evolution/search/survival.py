"""Who survives: a child takes its parent's place if it is not worse (deterministic crowding, Mahfoud 1995).

Survivors are so many lineages, and a good one does not crowd out the rest before they have become good themselves; on
rugged scores such as noisy memory capacity this decides whether a search arrives. Better lineages get more children
(tournament), and now and then the best child that found no place takes that of the worst survivor, so that in the end
all work where it pays. Children without parents compete with all.
"""

from __future__ import annotations

from collections.abc import Sequence

from statescape.evolution.search.arms import Arm
from statescape.evolution.search.candidate import Candidate
from statescape.evolution.search.population import merit, ranked

# Generations from one takeover of the worst place to the next.
TAKEOVER = 10


def survivors_of(
    members: Sequence[Candidate], born: Sequence[Candidate], arm: Arm, noise: float, generation: int
) -> list[Candidate]:
    """The survivors of a generation, best first.

    Args:
        members: the survivors so far, with their newest records; none at the start.
        born: their offspring.
        arm: how many survive.
        noise: of a single trial, in log score.
        generation: its number.
    """
    if not members or arm.variation == "random":
        return ranked([*members, *born], noise)[: arm.survivors]
    places = {member.number: member for member in members}
    rest: list[Candidate] = []
    taken: set[int] = set()
    for child in ranked(born, noise):
        parent = child.parents[0] if child.parents else -1
        if (
            parent in places
            and parent not in taken
            and merit(child.record, noise) <= merit(places[parent].record, noise)
        ):
            places[parent] = child
            taken.add(parent)
        else:
            rest.append(child)
    survivors = ranked(list(places.values()), noise)
    if rest and generation % TAKEOVER == 0 and merit(rest[0].record, noise) < merit(survivors[-1].record, noise):
        survivors[-1] = rest[0]
    return ranked(survivors, noise)
