"""What a Python program does with the SDK to have a process run: start, wait, read the output, stop, restart, attachments.

Prints one JSON object. Reads BASE, TOKEN and FOLDER from the environment; a robot must be there.
"""

import json
import os
import tempfile
import time
import uuid

from uipath.platform import UiPath
from uipath.platform.errors import EnrichedException

sdk = UiPath(base_url=f"{os.environ['BASE']}/default/Default", secret=os.environ["TOKEN"])
folder = os.environ["FOLDER"]
seen = {}


def attempt(name, call):
    """Records the result, or the status the server refused with."""
    try:
        seen[name] = call()
    except EnrichedException as refused:
        seen[name] = {"status": refused.status_code}
    except LookupError:
        seen[name] = {"missing": True}


def until(job_key, *states):
    """The job, once it has got to one of the states."""
    deadline = time.monotonic() + 60
    while True:
        job = sdk.jobs.retrieve(job_key, folder_path=folder)
        if job.state in states:
            return job
        assert time.monotonic() < deadline, job
        time.sleep(0.05)


def ended(job_key):
    return until(job_key, "Successful", "Faulted", "Stopped")


def finished(arguments):
    job = ended(sdk.processes.invoke("echo", arguments, folder_path=folder).key)
    return {"state": job.state, "output": json.loads(sdk.jobs.extract_output(job) or "null"), "file": bool(job.output_file)}


attempt("small", lambda: finished({"say": "hello"}))
# Arguments of more than 10,000 characters go by way of an attachment, and so does their output.
attempt("large", lambda: len(finished({"say": "x" * 20_000})["output"]["say"]))
attempt("fault", lambda: finished({"say": "fault"})["state"])
attempt("unknown process", lambda: sdk.processes.invoke("nothing", {}, folder_path=folder).key)

first = sdk.processes.invoke("echo", {"say": "wait"}, folder_path=folder)
until(first.key, "Running")
attempt("stop", lambda: sdk.jobs.stop(job_keys=[first.key], strategy="Kill", folder_path=folder))
attempt("stopped", lambda: ended(first.key).state)
attempt("restart", lambda: sdk.jobs.restart(job_key=first.key, folder_path=folder).key != first.key)
waiting = sdk.jobs.list(filter="State eq 'Running' or State eq 'Pending'", folder_path=folder).items
attempt("stop again", lambda: sdk.jobs.stop(job_keys=[job.key for job in waiting], strategy="Kill", folder_path=folder))
attempt("all stopped", lambda: [ended(job.key).state for job in waiting])
attempt("listed", lambda: len(sdk.jobs.list(filter="State eq 'Stopped'", orderby="Id desc", folder_path=folder).items))
attempt("exists", lambda: sdk.jobs.exists(first.key, folder_path=folder))
attempt("does not exist", lambda: sdk.jobs.exists(str(uuid.UUID(int=1)), folder_path=folder))

text = "as it was: zwölf\n" * 1000
one = sdk.attachments.upload(name="one.txt", content=text, folder_path=folder)
two = sdk.jobs.create_attachment(name="two.bin", content=b"\x00\x01", job_key=first.key, category="Evidence", folder_path=folder)
with tempfile.TemporaryDirectory() as place:
    path = os.path.join(place, "there")
    attempt("name", lambda: sdk.attachments.download(key=one, destination_path=path, folder_path=folder))
    with open(path, encoding="utf-8") as file:
        seen["same"] = file.read() == text
attempt("link", lambda: sdk.jobs.link_attachment(attachment_key=one, job_key=uuid.UUID(first.key), folder_path=folder))
attempt("attached", lambda: sorted(sdk.jobs.list_attachments(job_key=uuid.UUID(first.key), folder_path=folder)) == sorted([str(one), str(two)]))
attempt("delete", lambda: sdk.attachments.delete(key=two, folder_path=folder))
attempt("left", lambda: sdk.jobs.list_attachments(job_key=uuid.UUID(first.key), folder_path=folder) == [str(one)])
attempt("gone", lambda: sdk.attachments.get_blob_file_access_uri(key=two, folder_path=folder))
print(json.dumps(seen))
