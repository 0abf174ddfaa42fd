"""Works on the invoices of a queue until it is told to stop (SIGTERM or Ctrl-C), each once whatever happens on the way.

    pip install uipath
    BASE=http://127.0.0.1:8080/default/Default TOKEN=... python performer.py

The token needs the scope OR.Queues. FOLDER (Shared) and QUEUE (Invoices) can be set, too. Start as many as you like.
"""

import os
import signal
import time
import uuid

from httpx import TransportError
from uipath.platform import UiPath
from uipath.platform.errors import EnrichedException
from uipath.platform.orchestrator.queues import TransactionItemResult

FOLDER = os.environ.get("FOLDER", "Shared")
QUEUE = os.environ.get("QUEUE", "Invoices")

sdk = UiPath(base_url=os.environ["BASE"], secret=os.environ["TOKEN"])
stopping = False


def stop(*_):
    """What is under way is finished first."""
    global stopping
    stopping = True


def insist(call):
    """Repeats a call that got no answer. Only for calls that may be repeated."""
    while True:
        try:
            return call()
        except TransportError as lost:
            print(f"no answer ({type(lost).__name__}), again", flush=True)
            time.sleep(0.2)


def take():
    """The next item, or None.

    `sdk.queues.create_transaction_item({}, QUEUE, no_robot=True)` takes one as well, but cannot send an Idempotency-Key. With it the
    same request can be sent until it is answered: it gets the item of the first one that arrived.
    """
    answer = insist(
        lambda key=str(uuid.uuid4()): sdk.api_client.request(
            "POST",
            "/orchestrator_/odata/Queues/UiPathODataSvc.StartTransaction",
            json={"transactionData": {"Name": QUEUE}},
            headers={"X-UIPATH-FolderPath": FOLDER, "Idempotency-Key": key},
        )
    )
    return None if answer.status_code == 204 else answer.json()


def finish(item, result):
    """Tells the result, again and again until there is an answer. A result is taken once: 409 tells that an earlier request arrived."""
    try:
        insist(lambda: sdk.queues.complete_transaction_item(str(item["Id"]), result, folder_path=FOLDER))
    except EnrichedException as refused:
        if refused.status_code != 409:
            raise


def work(content):
    """Your work goes here. This one takes the time that the invoice says."""
    if content["Amount"] < 0:
        raise ValueError("the amount is negative")
    time.sleep(content["Seconds"])
    return {"Booked": content["Amount"]}


signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
while not stopping:
    item = take()
    if item is None:
        time.sleep(0.2)
        continue
    try:
        output = work(item["SpecificContent"])
        result = TransactionItemResult(is_successful=True, output=output)
    except ValueError as wrong:
        # The invoice is wrong: trying it again would not help.
        exception = {"Type": "BusinessException", "Reason": str(wrong)}
        result = TransactionItemResult(is_successful=False, processing_exception=exception)
    except Exception as trouble:
        # The queue tries it again as often as it is set to.
        exception = {"Type": "ApplicationException", "Reason": str(trouble)}
        result = TransactionItemResult(is_successful=False, processing_exception=exception)
    finish(item, result)
    print(f"{item['Reference']} done", flush=True)
