"""What is granted, and nothing more: over any grants, roles and namespaces."""

from hypothesis import given, strategies as st

from events.matching import permitting
from service.access import ANYBODY, NOBODY, OWNER, Caller, Grant, Role

NAMES = st.text("ab-", min_size=1, max_size=4)
PATTERNS = st.text("ab-*?[]!", min_size=1, max_size=4)
ROLES = st.sampled_from(Role)
GRANTS = st.builds(Grant, role=ROLES, namespaces=st.lists(PATTERNS | st.just("*"), max_size=3).map(tuple))
CALLERS = st.builds(Caller, actor=st.just("token:x"), grants=st.lists(GRANTS, max_size=3).map(tuple))


@given(caller=CALLERS, role=ROLES, namespace=NAMES)
def test_a_role_holds_all_that_the_lesser_ones_do(caller: Caller, role: Role, namespace: str) -> None:
    if caller.may(role, namespace):
        assert all(caller.may(lesser, namespace) for lesser in Role if lesser <= role)
    if caller.everywhere(role):
        assert all(caller.everywhere(lesser) for lesser in Role if lesser <= role)


@given(caller=CALLERS, role=ROLES, namespace=NAMES)
def test_everywhere_is_in_every_namespace_and_one_namespace_is_somewhere(
    caller: Caller, role: Role, namespace: str
) -> None:
    assert caller.may(role, namespace) or not caller.everywhere(role)
    assert caller.somewhere(role) or not caller.may(role, namespace)


@given(caller=CALLERS, role=ROLES, namespace=NAMES)
def test_the_log_is_asked_for_exactly_the_namespaces_in_which_the_role_is_held(
    caller: Caller, role: Role, namespace: str
) -> None:
    patterns = caller.within(role)

    assert (patterns is None) == caller.everywhere(role)
    if patterns is not None:
        assert permitting(patterns)(namespace) == caller.may(role, namespace)
        assert not permitting(patterns)(None)


@given(caller=CALLERS, grant=GRANTS, role=ROLES, namespace=NAMES)
def test_a_further_grant_takes_nothing_away_and_gives_what_it_says(
    caller: Caller, grant: Grant, role: Role, namespace: str
) -> None:
    more = Caller(actor=caller.actor, grants=(*caller.grants, grant))

    assert more.may(role, namespace) == (
        caller.may(role, namespace) or (grant.role >= role and grant.covers(namespace))
    )


def test_several_patterns_that_cover_all_there_is_are_not_everywhere() -> None:
    caller = Caller(actor="token:x", grants=(Grant(role=Role.READ, namespaces=("a*", "[!a]*")),))

    assert caller.may(Role.READ, "acme")
    assert caller.may(Role.READ, "beta")
    assert not caller.everywhere(Role.READ)


def test_names_are_told_apart_by_their_case() -> None:
    caller = Caller(actor="token:x", grants=(Grant(role=Role.READ, namespaces=("acme",)),))

    assert not caller.may(Role.READ, "ACME")


def test_whoever_is_on_this_machine_only_reads_and_who_showed_nothing_from_afar_does_not() -> None:
    assert (ANYBODY.everywhere(Role.READ), ANYBODY.somewhere(Role.OPERATE)) == (True, False)
    assert not NOBODY.somewhere(Role.READ)
    assert OWNER.everywhere(Role.ADMIN)


def test_a_role_is_known_by_its_word_alone() -> None:
    assert [Role.of(word) for word in ("read", "operate", "admin")] == list(Role)
    assert [Role.of(word) for word in ("READ", "", "owner")] == [None] * 3
