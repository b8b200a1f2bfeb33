"""The promises can be broken: without one of its guards the product does not pass the checks that it passes with it."""

import pytest

from tests.simulation import mutants
from tests.simulation.mutants import Mutant
from tests.simulation.promises import broken
from tests.simulation.record import Record
from tests.simulation.story import tell
from tests.simulation.world import SHORT

# Each with the promise that it breaks, and a seed that is known to show it; should the world have changed since, others
# are tried.
MUTANTS: list[tuple[Mutant, str, int]] = [
    (mutants.a_late_answer_counts, "seen_as_it_was", 3),
    (mutants.whoever_is_missing_is_gone, "deleted_only_after_a_404", 1),
    (mutants.open_intents_are_sent_again, "never_blindly", 1),
    (mutants.warnings_are_not_waited_for, "warned_before", 1),
    (mutants.a_start_grants_no_grace, "kept_as_long_as_was_told", 1),
    (mutants.leases_protect_nothing, "nothing_put_out_under_a_lease", 14),
    (mutants.leases_never_expire, "over_when_it_is_over", 1),
    (mutants.a_key_means_nothing, "asked_once", 1),
    (mutants.our_token_signs_for_everybody, "meant_before_it_was_done", 1),
    (mutants.the_log_hides_whose_token_it_was, "written_by_name", 1),
    (mutants.an_old_view_counts_as_ready, "told_the_truth", 8),
    (mutants.a_request_fails_inside, "nothing_failed_inside", 1),
    (mutants.a_lease_forgets_its_key, "taken_as_told", 3),
    (mutants.every_holder_wakes_it, "woken_once", 14),
    (mutants.the_last_lease_puts_back_unasked, "put_back_once", 26),
    (mutants.nobody_else_counts, "put_back_only_what_a_lease_woke", 33),
    (mutants.a_namespace_has_no_mode_of_its_own, "never_where_it_is_observed", 8),
]
OTHERS = range(1, 51)


@pytest.mark.parametrize(("mutant", "promise", "seed"), MUTANTS, ids=[mutant.__name__ for mutant, _, _ in MUTANTS])
def test_the_promises_notice(mutant: Mutant, promise: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch)

    assert any(_breaks(promise, each) for each in (seed, *OTHERS))


@pytest.mark.parametrize("seed", sorted({seed for _, _, seed in MUTANTS}))
def test_it_is_the_mutant_that_they_notice(seed: int) -> None:
    assert not broken(Record(tell(seed, pace=SHORT)))


def _breaks(promise: str, seed: int) -> bool:
    return any(what.startswith(f"{promise}: ") for what in broken(Record(tell(seed, pace=SHORT))))
