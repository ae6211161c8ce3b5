"""The calls of PyPI's `ollama`."""

import base64
import json

from limits import CALL_TOKENS, LONG_TOKENS, SEED, SHORT_TOKENS, Person, call_schema, failed
from ollama import Client, ResponseError

OPTIONS = {"temperature": 0, "seed": SEED, "num_predict": SHORT_TOKENS}


def user(content, **more):
    return {"role": "user", "content": content, **more}


class Calls:
    def __init__(self, url, model, is_bound):
        self.client = Client(host=url)
        self.model = model
        self.is_bound = is_bound

    def ask(self, messages, **more):
        return self.client.chat(self.model, messages, **{"options": OPTIONS, **more}).message

    def generate(self, prompt):
        return self.client.generate(self.model, prompt, options=OPTIONS).response

    def chat(self, question):
        return self.ask([user(question)]).content

    def stream(self, question):
        parts = self.client.chat(self.model, [user(question)], options=OPTIONS, stream=True)
        return [part.message.content for part in parts]

    def tools(self, question, tool, result):
        tools = [{"type": "function", "function": tool}]
        options = {**OPTIONS, "num_predict": CALL_TOKENS}
        bound = {"format": call_schema(tool)} if self.is_bound else {}
        first = self.ask([user(question)], tools=tools, options=options, **bound)
        if not first.tool_calls:
            return {"text": first.content}
        call = first.tool_calls[0].function
        told = {"role": "tool", "tool_name": call.name, "content": result}
        last = self.ask([user(question), first, told], tools=tools)
        made = {"name": call.name, "arguments": dict(call.arguments)}
        return {"call": made, "text": last.content}

    def image(self, question, png):
        return self.ask([user(question, images=[base64.b64decode(png)])]).content

    def embed(self, texts):
        return self.client.embed(self.model, texts).embeddings

    def structured(self, question, schema):
        return json.loads(self.ask([user(question)], format=schema).content)

    def parsed(self, question):
        options = {**OPTIONS, "num_predict": CALL_TOKENS}
        schema = Person.model_json_schema()
        said = self.ask([user(question)], format=schema, options=options).content
        return Person.model_validate_json(said).model_dump()

    def list(self):
        return [one.model for one in self.client.list().models]

    def show(self, model):
        return self.client.show(model).details.model_dump()

    def cancel(self, question):
        options = {**OPTIONS, "num_predict": LONG_TOKENS}
        parts = self.client.chat(self.model, [user(question)], options=options, stream=True)
        first = next(parts).message.content
        parts.close()
        return first

    def missing(self, model):
        try:
            self.client.generate(model, "x")
        except ResponseError as error:
            return failed(error, error.error)
        raise AssertionError("it was answered")

    def unable(self, question):
        try:
            self.ask([user(question)], think=True)
        except ResponseError as error:
            return failed(error, error.error)
        raise AssertionError("it was answered")
