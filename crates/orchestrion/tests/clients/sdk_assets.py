"""What a Python automation does with the SDK: find its folder, list and read assets, try to write one.

Prints one JSON object. Reads BASE, TOKEN and FOLDER from the environment.
"""

import json
import os

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
    except LookupError as missing:
        seen[name] = {"missing": str(missing)}


attempt("folder_key", lambda: sdk.folders.retrieve_key(folder_path=folder))
attempt("names", lambda: [asset.name for asset in sdk.assets.list(folder_path=folder, orderby="Name asc").items])
attempt(
    "filtered",
    lambda: [asset.name for asset in sdk.assets.list(folder_path=folder, filter="ValueType eq 'Integer'").items],
)
attempt("text", lambda: sdk.assets.retrieve("greeting", folder_path=folder).value)
attempt("missing", lambda: sdk.assets.retrieve("no such asset", folder_path=folder).value)
attempt(
    "written",
    lambda: sdk.api_client.request(
        "POST",
        "/orchestrator_/odata/Assets",
        json={"Name": "from the SDK", "ValueScope": "Global", "ValueType": "Text", "StringValue": "hello"},
        headers={"X-UIPATH-FolderPath": folder},
    ).json()["Name"],
)
print(json.dumps(seen))
