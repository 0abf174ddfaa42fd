"""Adds invoices to a queue, in batches, so that none is lost and none is there twice whatever happens on the way.

    pip install uipath
    BASE=http://127.0.0.1:8080/default/Default TOKEN=... python dispatcher.py

The token needs the scope OR.Queues. FOLDER (Shared), QUEUE (Invoices) and COUNT (300) can be set, too.
"""

import os
import time

from httpx import TransportError
from uipath.platform import UiPath
from uipath.platform.errors import EnrichedException
from uipath.platform.orchestrator.queues import CommitType, QueueItem

FOLDER = os.environ.get("FOLDER", "Shared")
QUEUE = os.environ.get("QUEUE", "Invoices")
COUNT = int(os.environ.get("COUNT", "300"))
BATCH = 25

sdk = UiPath(base_url=os.environ["BASE"], secret=os.environ["TOKEN"])


def insist(call):
    """Repeats a call that got no answer. Only for calls that may be repeated."""
    while True:
        try:
            return call()
        except TransportError as lost:
            print(f"no answer ({type(lost).__name__}), again", flush=True)
            time.sleep(0.2)


def create_queue():
    """The SDK has no call of its own for this; its client sends any request."""
    body = {"Name": QUEUE, "EnforceUniqueReference": True, "AcceptAutomaticallyRetry": True, "MaxNumberOfRetries": 2}
    path, headers = "/orchestrator_/odata/QueueDefinitions", {"X-UIPATH-FolderPath": FOLDER}
    try:
        insist(lambda: sdk.api_client.request("POST", path, json=body, headers=headers))
    except EnrichedException as refused:
        if refused.status_code != 409:  # 409, code 1001: it is there already
            raise


def invoice(number):
    return QueueItem(
        reference=f"invoice-{number:05}",
        specific_content={"Number": number, "Amount": round(number * 1.19, 2), "Seconds": 0.02},
    )


def add(invoices):
    """Adds a batch. References are unique in this queue, so a batch that is sent again adds what is missing and nothing else."""
    answer = insist(
        lambda: sdk.queues.create_items(
            invoices, QUEUE, CommitType.PROCESS_ALL_INDEPENDENTLY, folder_path=FOLDER
        )
    )
    for failed in answer["FailedItems"]:
        if failed["ErrorCode"] != "DuplicateReference":
            raise RuntimeError(f"item {failed['Ordinal']}: {failed['ErrorMessage']}")
    return len(invoices) - len(answer["FailedItems"])


create_queue()
for first in range(0, COUNT, BATCH):
    added = add([invoice(number) for number in range(first, min(first + BATCH, COUNT))])
    print(f"{first}: {added} added", flush=True)
