"""As `client.ts` has them."""

from typing import Literal

from pydantic import BaseModel

SHORT_TOKENS = 24
CALL_TOKENS = 60
LONG_TOKENS = 4000
SEED = 42


class Person(BaseModel):
    name: Literal["Ida", "Ole"]
    age: Literal[31, 30]
    city: Literal["Oslo", "Rome"]


def failed(error, message):
    return {"type": type(error).__name__, "status": error.status_code, "message": message}


def call_schema(tool):
    return {
        "type": "object",
        "properties": {
            "name": {"type": "string", "enum": [tool["name"]]},
            "arguments": tool["parameters"],
        },
        "required": ["name", "arguments"],
    }
