"""As `client.ts` has them."""

SHORT_TOKENS = 24
CALL_TOKENS = 60
LONG_TOKENS = 4000
SEED = 42


def call_schema(tool):
    return {
        "type": "object",
        "properties": {
            "name": {"type": "string", "enum": [tool["name"]]},
            "arguments": tool["parameters"],
        },
        "required": ["name", "arguments"],
    }
