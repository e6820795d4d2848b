"""What the jobs behind the pages are called on the screens."""

from __future__ import annotations

# Periodic work by its name in jobs.schedule.PERIODIC. One that is missing is shown by its own name.
PERIODIC = {
    "sweep-messages": "Send mails that are due",
    "sweep-outbox": "Start jobs that are due",
    "sweep-gateway-events": "Apply messages of the gateways",
    "sweep-payments": "Ask about open payments",
    "sweep-refunds": "Carry refunds on",
    "watch-gateways": "Watch the gateways and compare by night",
    "release-holds": "Release places whose hold has ended",
    "apply-choices": "Do what was announced to those who do not choose",
    "remind": "Queue reminders",
    "sweep-certificate-runs": "Carry certificate runs on",
    "queue-bulk-mails": "Queue bulk mails",
    "seal-audit": "Seal who changed what",
    "seal-audit-late": "Seal what was left over",
    "sum-up-days": "Keep the sums of the reports",
    "mail-saved-reports": "Mail saved reports",
    "delete-sessions": "Forget sign-ins that are over",
    "retention": "Remove what is no longer kept",
}
# Jobs by the topic of their row in the outbox.
TOPICS = {"import.check": "Check an upload", "import.write": "Import an upload"}
# What a worker works on, by the function that it was told to run.
FUNCTIONS = {
    "send_messages": "sending mails",
    "send_round": "sending mails",
    "handle": "a job",
    "apply_event": "a gateway's message",
    "check_payment": "asking about a payment",
    "carry_out": "a refund",
    "make_certificates": "making certificates",
    "compare_account": "comparing with a gateway",
}
QUEUES = {"mail": "Mails", "bulk": "Long work", "money": "Money"}
PARTS = {
    "worker-mail": "Worker for mails",
    "worker-bulk": "Worker for long work",
    "worker-money": "Worker for money",
    "scheduler": "Scheduler",
}
WAITING = {"mail": "Mails", "job": "Jobs", "gateway_event": "Gateway messages"}


def topic(name: str) -> str:
    """A job's name: "Import an upload"."""
    return TOPICS.get(name) or _plain(name)


def periodic(name: str) -> str:
    """The name of periodic work: "Queue reminders"."""
    return PERIODIC.get(name) or _plain(name)


def function(path: str) -> str:
    """What a worker is doing, after "working on": "sending mails"."""
    name = path.rpartition(".")[2]
    return FUNCTIONS.get(name) or _plain(name).lower()


def ago(seconds: float) -> str:
    """ "just now", "40 seconds ago", "12 minutes ago", "3 hours ago", "2 days ago"."""
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count = int(seconds // size)
        if count and (unit != "second" or count >= 3):
            return f"{count} {unit}{'s' * (count != 1)} ago"
    return "just now"


def every(seconds: int) -> str:
    """ "every 10 seconds", "every minute", "every day"."""
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % size == 0:
            count = seconds // size
            return f"every {unit}" if count == 1 else f"every {count} {unit}s"
    return f"every {seconds} seconds"


def _plain(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").replace(".", ": ").capitalize()
