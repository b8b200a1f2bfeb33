"""What holds an endpoint as it is: holds, leases, protection, observe mode, and what is not known; pure."""

from collections.abc import Iterator, Sequence

from service.subscribers.plan import Guard, protections
from service.web import shapes
from service.web.spoken import instant
from service.web.told import Told
from statemachine.status import Status

TOLD_APART = frozenset({Guard.HELD, Guard.LEASED, Guard.PROTECTED})  # with more about them than a policy says


def keepers(told: Told) -> Iterator[shapes.Keeper]:
    """Yield all of them; also of an endpoint on which no policy could act now."""
    if told.gone:
        return
    for hold in told.holds:
        where = " on everything" if hold.everywhere else ""
        text = f"a hold{where} by {hold.author}: {hold.reason}"
        yield shapes.Keeper(kind=Guard.HELD.value, who=hold.author, until=hold.until, text=text)
    for lease in told.leases:
        text = f"a lease of {lease.holder}{f': {lease.reason}' if lease.reason else ''}"
        yield shapes.Keeper(kind=Guard.LEASED.value, who=lease.holder, until=lease.until, text=text)
    for group in told.shown.groups:
        if told.settings.groups[group].protected:
            yield shapes.Keeper(kind=Guard.PROTECTED.value, text=f"protected by group {group}")
    yield from _of_daemon(told)
    yield from _of_policies(told)


def _of_daemon(told: Told) -> Iterator[shapes.Keeper]:
    if told.observe is not None:
        yield shapes.Keeper(kind="observe", text=f"Only observed: {told.observe}")
    if told.settles and told.cases:
        text = "After a start or a new configuration no policy acts (settle)"
        yield shapes.Keeper(kind="settle", until=told.settled_at, text=text)
    if not told.cases:
        groups = ", ".join(told.shown.groups) or "none"
        yield shapes.Keeper(kind="noPolicy", text=f"No policy reaches it (its groups: {groups})")


def _of_policies(told: Told) -> Iterator[shapes.Keeper]:
    """Yield what keeps policies away, with the names of those."""
    if told.known.endpoint.status is not Status.RUNNING:
        return
    found: dict[tuple[Guard, str], list[str]] = {}
    until = {}
    for case in told.cases:
        for protection in protections(case):
            if protection.guard not in TOLD_APART:
                key = protection.guard, protection.reason
                found.setdefault(key, []).append(case.policy.name)
                # A stale view is looked at again at that instant; it does not end then.
                until[key] = None if protection.guard is Guard.STALE else protection.until
    for (guard, reason), policies in found.items():
        yield shapes.Keeper(kind=guard.value, text=reason, until=until[guard, reason], policies=tuple(policies))


def sentences(told: Told, held_by: Sequence[shapes.Keeper]) -> Iterator[str]:
    """Say them."""
    if told.gone:
        return
    yield _protection(told)
    yield from _awake(told)
    for keeper in held_by:
        if keeper.kind in {guard.value for guard in TOLD_APART}:
            continue
        if keeper.policies:
            leave = "leaves" if len(keeper.policies) == 1 else "leave"
            yield f"{', '.join(keeper.policies)} {leave} it alone: {keeper.text}."
        else:
            until = f" until {instant(keeper.until)}" if keeper.until else ""
            yield f"{keeper.text}{until}."


def _protection(told: Told) -> str:
    words = []
    for hold in told.holds:
        where = " (a hold on everything)" if hold.everywhere else ""
        words.append(f"Held by {hold.author} until {instant(hold.until)}{where}: {hold.reason.rstrip('.')}.")
    if not told.holds:
        words.append("No hold.")
    groups = [group for group in told.shown.groups if told.settings.groups[group].protected]
    words.append(f"Protected by group {', '.join(groups)}." if groups else "Not protected.")
    return " ".join(words)


def _awake(told: Told) -> Iterator[str]:
    """Say who needs it awake, since when and until when."""
    for lease in told.leases:
        reason = f" ({lease.reason})" if lease.reason else ""
        yield (
            f"Held awake by {lease.holder}{reason} since {instant(lease.since)} until {instant(lease.until)}, "
            "unless renewed."
        )
