"""The fault table as Markdown, from one or more JUnit files of this suite.

pytest tests/services --junitxml=faults.xml && python -m tests.services.table faults.xml

The three pairs of broker and database may run beside each other (-k filesystem, -k redis, -k rabbitmq).
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from xml.etree import ElementTree

from tests.services.sites import FLAVOURS

SAYS = {
    "before_claim": "before the claim",
    "after_claim": "after the claim",
    "in_work": "while the recipe works",
    "before_store": "before the result is written",
    "in_file": "when half of a file is on the disk",
    "before_move": "when a file is written and not yet in its place",
    "in_store": "inside the transaction that writes it",
    "after_store": "after it is written",
    "before_ack": "after the batch, before the message is acknowledged",
    "test_frozen_past_its_lease": "worker frozen (SIGSTOP) past its lease, thawed after another has done the work",
    "test_broker_restart_in_mid_task": "broker restarted in mid task, waiting messages lost",
    "test_poison_item_fails_alone": "item that kills every worker: fails after 3 attempts, the others are done",
    "test_soft_time_limit_fails_in_words": "item that never ends: stopped, fails in words, the others are done",
    "test_hard_time_limit_of_deaf_work": "the same, deaf to the soft limit: killed, fails in words",
    "test_lost_message": "message lost",
    "test_doubled_message": "message sent six times: each item worked on once",
    "test_lanes_of_dead_parents_are_taken_again": "three of four parents killed, no message left: four work again",
    "test_cancel_in_mid_task": "cancelled in mid task",
}


def main(names: list[str]) -> None:
    results: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for name in names:
        for case in ElementTree.parse(name).iter("testcase"):
            match = re.fullmatch(r"(\w+)\[(\w+-\w+)(?:-(\w+)-(\w+))?\]", case.get("name", ""))
            if not match or match[2] not in FLAVOURS:
                continue
            scenario = f"kill -9 of the {match[4]} {SAYS[match[3]]}" if match[3] else SAYS[match[1]]
            over = (
                case.find("failure") is None and case.find("error") is None and case.find("skipped") is None
            )
            results[scenario][match[2]].append(over)
    print("| What happens | " + " | ".join(FLAVOURS) + " |")
    print("|---|" + "---|" * len(FLAVOURS))
    for scenario in sorted(results, key=lambda text: (not text.startswith("kill"), text)):
        cells = [results[scenario][flavour] for flavour in FLAVOURS]
        print(
            f"| {scenario} | "
            + " | ".join(f"{sum(cell)} of {len(cell)}" if cell else "–" for cell in cells)
            + " |"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
