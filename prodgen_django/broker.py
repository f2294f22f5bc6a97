"""Celery settings under which no wake-up is lost that need not be, for a shop's Celery app.

    from prodgen_django.broker import celery_settings

    # settings.py, where the Celery app reads namespace="CELERY"
    globals().update(celery_settings(os.environ.get("CELERY_BROKER_URL"), folder=BASE_DIR / "var"))

Imports no Celery: it is called from a settings module.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

#: What somebody waits for: previews, smaller versions of approved pictures, decisions about many pictures.
QUICK_QUEUE = "prodgen-quick"
#: Jobs.
QUEUE = "prodgen"
#: Jobs that want a graphics card.
GPU_QUEUE = "prodgen-gpu"
#: Each needs a worker that listens to it.
QUEUES = (QUICK_QUEUE, QUEUE, GPU_QUEUE)
#: KiB that a child may have held at its peak. Cutting out 12 megapixels takes 1.2 GB, 50 megapixels 1.4 GB, a stitch
#: of 27 megapixels 1.5 GB: ordinary work stays below, and what a child hoards beyond it goes back to the machine.
CHILD_MEMORY = 2_500_000
#: Tasks that take no longer than a person waits, or than a minute.
QUICK_TASKS = ("prodgen.preview", "prodgen.run_errand", "prodgen.sweep", "prodgen.events")


def celery_settings(
    broker_url: str | None = None,
    *,
    folder: str | Path | None = None,
    namespace: str = "CELERY_",
    time_limit: int = 600,
    sweep_seconds: float = 60,
    spawn: bool = False,
    child_memory: int = CHILD_MEMORY,
) -> dict[str, Any]:
    """Settings by name, ready for ``globals().update(...)`` in a settings module.

    `broker_url`: redis://…, amqp://…; None: folders below ``folder`` (made where they are missing), no server
    at all. `namespace`: what stands before each name; "" for `app.conf.update`. `time_limit`:
    ``PRODGEN["TASK_TIME_LIMIT"]`` where that is set. `spawn`: start the pool's processes afresh instead of
    forking, which CUDA needs. `child_memory`: KiB after which a child that has finished its task is replaced.
    """
    url = broker_url or "filesystem://"
    values: dict[str, Any] = {
        "broker_url": url,
        "broker_connection_retry_on_startup": True,
        "broker_connection_timeout": 2,
        # Results stand in our own tables.
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        # What a worker has fetched but not begun, no other worker can begin.
        "worker_prefetch_multiplier": 1,
        "worker_max_memory_per_child": child_memory,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        # With REMAP_SIGTERM=SIGQUIT in the container's environment.
        "worker_soft_shutdown_timeout": 10,
        "task_routes": {
            **{task: {"queue": QUICK_QUEUE} for task in QUICK_TASKS},
            "prodgen.*": {"queue": QUEUE},
        },
        "beat_schedule": {
            "prodgen-sweep": {"task": "prodgen.sweep", "schedule": sweep_seconds},
            "prodgen-taste": {"task": "prodgen.taste", "schedule": 86_400},
            "prodgen-learn": {"task": "prodgen.learn", "schedule": 3600},
            "prodgen-events": {"task": "prodgen.events", "schedule": sweep_seconds},
        },
        "broker_transport_options": _transport_options(url, folder, time_limit),
    }
    if spawn:
        values["worker_pool_start_method"] = "spawn"
    if not namespace:
        return values
    return {f"{namespace}{name}".upper(): value for name, value in values.items()}


def _transport_options(url: str, folder: str | Path | None, time_limit: int) -> dict[str, Any]:
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme == "filesystem":
        if folder is None:
            raise ValueError("the embedded broker needs a folder for its messages")
        messages, control = Path(folder, "messages"), Path(folder, "control")
        for path in (messages, control):
            path.mkdir(parents=True, exist_ok=True)
        return {
            "data_folder_in": str(messages),
            "data_folder_out": str(messages),
            "control_folder": str(control),
            # How often a worker looks into the folder; by default each second, which a person waits for.
            "polling_interval": 0.25,
        }
    if scheme in ("redis", "rediss", "sentinel"):
        return {
            # A message that takes longer than this is handed to a second worker, so it must outlast any task.
            "visibility_timeout": 3 * time_limit,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
        }
    return {}
