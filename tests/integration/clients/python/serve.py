"""Lets the suite call a client library of Python: calls come as lines of JSON, and so do their outcomes."""

import importlib
import json
import sys


def main() -> None:
    library = importlib.import_module(sys.argv[1])
    for line in sys.stdin:
        order = json.loads(line)
        calls = library.Calls(order["url"], order["model"], order["isBound"])
        try:
            reply = {"value": getattr(calls, order["call"])(*order["args"])}
        except Exception as error:  # told to the test, whatever it is
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


main()
