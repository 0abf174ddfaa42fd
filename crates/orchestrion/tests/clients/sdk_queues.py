"""Every call about queues that the Python SDK has, each in its blocking and in its asynchronous form.

Prints one JSON object. Reads BASE, TOKEN, FOLDER and FOLDER_KEY from the environment; the folder holds the queues `Plain` and
`Unique`, both empty.
"""

import asyncio
import json
import os
import warnings
from datetime import datetime, timedelta, timezone

from uipath.platform import UiPath
from uipath.platform.errors import EnrichedException
from uipath.platform.orchestrator.queues import (
    CommitType,
    QueueItem,
    QueueItemPriority,
    TransactionItem,
    TransactionItemResult,
)

warnings.simplefilter("ignore", DeprecationWarning)
sdk = UiPath(base_url=f"{os.environ['BASE']}/default/Default", secret=os.environ["TOKEN"])
queues = sdk.queues
folder = os.environ["FOLDER"]
here = {"folder_path": folder}
by_key = {"folder_key": os.environ["FOLDER_KEY"]}
seen = {}
# The clients of the SDK belong to one loop.
wait = asyncio.new_event_loop().run_until_complete


def attempt(name, call):
    """Records the result, or the status and number the server refused with."""
    try:
        seen[name] = call()
    except EnrichedException as refused:
        seen[name] = {"status": refused.status_code, "message": refused.error_info and refused.error_info.message}
    except json.JSONDecodeError:
        seen[name] = "no content"


def members(*names):
    return lambda item: {name: item[name] for name in names}


def references(page):
    return sorted(str(item["Reference"]) for item in page["value"])


# Adding.
brief = members("Reference", "Priority", "Status", "SpecificContent")
attempt("dict", lambda: brief(queues.create_item({"Name": "Plain", "Reference": "a", "SpecificContent": {"n": 1}}, **here)))
item = QueueItem(
    reference="b",
    priority=QueueItemPriority.HIGH,
    specific_content={"n": 2, "text": "zwölf", "flag": True},
    defer_date=datetime.now(timezone.utc) - timedelta(minutes=5),
    due_date=datetime.now(timezone.utc) + timedelta(days=2),
    progress="new",
    source="Apps",
    parent_operation_id="op-1",
)
attempt("model", lambda: brief(queues.create_item(item, queue_name="Plain", **by_key)))
attempt("async", lambda: brief(wait(queues.create_item_async({"Reference": "c"}, "Plain", **here))))
attempt("unknown queue", lambda: queues.create_item({"Reference": "x"}, "None", **here))
attempt("unknown folder", lambda: queues.create_item({"Reference": "x"}, "Plain", folder_path="Nowhere"))
attempt("no reference", lambda: queues.create_item({}, "Unique", **here))

# Adding many.
some = [{"Reference": "1"}, QueueItem(reference="2", specific_content={"a": 1}), {"Reference": "1"}, {"Reference": "3"}]
bulk = members("Success", "FailedItems")
attempt("all or nothing", lambda: bulk(queues.create_items(some, "Unique", CommitType.ALL_OR_NOTHING, **here)))
attempt("stop", lambda: bulk(queues.create_items(some, "Unique", CommitType.STOP_ON_FIRST_FAILURE, **here)))
attempt(
    "independently",
    lambda: bulk(wait(queues.create_items_async(some, "Unique", CommitType.PROCESS_ALL_INDEPENDENTLY, **here))),
)

# Listing.
attempt("listed", lambda: references(queues.list_items("Plain", **here)))
attempt("listed async", lambda: references(wait(queues.list_items_async("unique", **here))))
attempt("listed all", lambda: references(queues.list_items(**by_key)))

# Taking.
taken = members("Reference", "Status", "Priority")
first = queues.create_transaction_item({}, "Plain", no_robot=True, **here)
seen["taken"] = taken(first)
second = wait(queues.create_transaction_item_async(TransactionItem(), "Plain", True, **here))
seen["taken async"] = taken(second)
filtered = TransactionItem(**{"Reference": "c", "ReferenceFilterOption": "StartsWith"})
third = queues.create_transaction_item(filtered, "Plain", no_robot=True, **here)
seen["taken by reference"] = taken(third)
attempt("none left", lambda: queues.create_transaction_item({}, "Plain", no_robot=True, **here))
own = TransactionItem(specific_content={"own": True}, parent_operation_id="op-2")
fourth = queues.create_transaction_item(own, "Plain", no_robot=True, **here)
seen["made and taken"] = taken(fourth)
attempt("as a robot", lambda: queues.create_transaction_item({}, "Plain", **here))

# Telling how far it is, and ending.
attempt("progress", lambda: queues.update_progress_of_transaction_item(str(first["Id"]), "half", **here))
attempt(
    "progress async",
    lambda: wait(queues.update_progress_of_transaction_item_async(str(second["Id"]), "halb", **here)),
)
success = TransactionItemResult(is_successful=True, output={"sum": 3}, analytics={"rows": 2}, operation_id="op", progress="done")
attempt("success", lambda: queues.complete_transaction_item(str(first["Id"]), success, **here))
attempt("again", lambda: queues.complete_transaction_item(str(first["Id"]), success, **here))
failure = {"IsSuccessful": False, "ProcessingException": {"Type": "BusinessException", "Reason": "no"}}
attempt("failure", lambda: wait(queues.complete_transaction_item_async(str(second["Id"]), failure, **here)))
later = TransactionItemResult(is_successful=False, defer_date=datetime.now(timezone.utc) + timedelta(days=1))
attempt("postponed", lambda: queues.complete_transaction_item(str(third["Id"]), later, **here))
attempt("unknown item", lambda: queues.complete_transaction_item("999999", success, **here))
print(json.dumps(seen))
