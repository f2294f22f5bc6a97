"""Who may do what with a picture: one answer for every page, bulk action, command, task and undo.

`pictures.review` asks here, under the row's lock, before it changes anything; pages ask the same to know which buttons
to show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.utils.translation import gettext as _

from prodgen_django.models import GeneratedImage, ReviewEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ACTIONS",
    "CHANGES",
    "SYSTEM",
    "Refusal",
    "System",
    "allowed_actions",
    "last_change",
    "may",
    "refusal",
]

APP = "prodgen_django"

State = GeneratedImage.State

#: action: (the states it may start from, the state it leads to)
CHANGES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "approve": ((State.PENDING, State.REJECTED), State.APPROVED),
    "reject": ((State.PENDING, State.APPROVED), State.REJECTED),
    "publish": ((State.APPROVED,), State.PUBLISHED),
    "unpublish": ((State.PUBLISHED,), State.APPROVED),
}
_NEEDS = {"approve": "review", "reject": "review", "publish": "publish", "unpublish": "publish"}
#: action: any of these permissions may suffice. What an undo takes depends on what it takes back.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    **{action: (permission,) for action, permission in _NEEDS.items()},
    "undo": ("review", "publish"),
}


class System:
    """In the place of a user: a program of the shop's own that decides, and says so on purpose."""

    def __repr__(self) -> str:
        return "SYSTEM"


SYSTEM: Final = System()


class Refusal(NamedTuple):
    """Why an action is refused. The message is for the person who asked."""

    code: str
    message: str


def may(user: Any, *permissions: str) -> bool:
    """Whether the user has any of our permissions that are named. Nobody (None) has none, `SYSTEM` has all."""
    if isinstance(user, System):
        return True
    return user is not None and any(user.has_perm(f"{APP}.{permission}") for permission in permissions)


def allowed_actions(image: GeneratedImage, user: Any) -> set[str]:
    """What the user may do with the picture as it stands: any of `ACTIONS`."""
    return {action for action in ACTIONS if refusal(image, action, user) is None}


def refusal(image: GeneratedImage, action: str, user: Any) -> Refusal | None:
    """What stands against an action of the user's on the picture as it stands, or None.

    An undo is judged by what it does: one that brings a picture into the shop, or takes it out, is a publication's or a
    withdrawal's equal.
    """
    if not may(user, *ACTIONS[action]):
        return _forbidden(ACTIONS[action][0])
    states, effect = CHANGES.get(action, ((), ""))[0], action
    if action == "undo":
        last = last_change(image)
        if last is None:
            return Refusal("nothing_to_undo", _("Nothing has been decided about this picture."))
        states, effect = (last.to_state,), _undone_by(last)
        if not may(user, _NEEDS[effect]):
            return _forbidden(_NEEDS[effect])
    if effect == "publish":
        if image.kind == "concept" and not may(user, "publish_concept"):
            return Refusal(
                "concept", _("This picture shows no real product; you may not publish such pictures.")
            )
        if image.blockers:
            return Refusal("blocked", " ".join(blocker["message"] for blocker in image.blockers))
    if image.state not in states:
        label = image.get_state_display()
        return Refusal("wrong_state", _("This is not possible: the picture is now “%s”.") % label)
    return None


def last_change(image: GeneratedImage) -> ReviewEvent | None:
    """The newest change that still stands: not an undo, and not undone. Reads prefetched events where there
    are.
    """
    events = list(image.events.all())
    undone = {event.undoes_id for event in events if event.undoes_id}
    standing = [event for event in events if not event.undoes_id and event.pk not in undone]
    return max(standing, key=lambda event: event.pk, default=None)


def _undone_by(last: ReviewEvent) -> str:
    """The action that taking a change back amounts to."""
    if last.from_state == State.PUBLISHED:
        return "publish"
    if last.to_state == State.PUBLISHED:
        return "unpublish"
    return "reject" if last.to_state == State.APPROVED else "approve"


def _forbidden(permission: str) -> Refusal:
    wanted = dict(GeneratedImage._meta.permissions)[permission]
    return Refusal(
        "not_allowed",
        _("You may not do this. Ask an administrator for the permission “%s”.") % wanted,
    )
