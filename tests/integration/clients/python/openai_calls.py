"""The calls of PyPI's `openai`."""

import base64
import json

from limits import CALL_TOKENS, LONG_TOKENS, SEED, SHORT_TOKENS, Person, call_schema, failed
from openai import BadRequestError, NotFoundError, OpenAI

SAMPLING = {"temperature": 0, "seed": SEED, "max_tokens": SHORT_TOKENS}


def user(content):
    return {"role": "user", "content": content}


class Calls:
    def __init__(self, url, model, is_bound):
        self.client = OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
        self.model = model
        self.is_bound = is_bound

    def ask(self, messages, **more):
        made = self.client.chat.completions.create(
            model=self.model, messages=messages, **{**SAMPLING, **more}
        )
        return made.choices[0].message

    def generate(self, prompt):
        made = self.client.completions.create(model=self.model, prompt=prompt, **SAMPLING)
        return made.choices[0].text

    def chat(self, question):
        return self.ask([user(question)]).content

    def stream(self, question):
        chunks = self.client.chat.completions.create(
            model=self.model, messages=[user(question)], stream=True, **SAMPLING
        )
        return [chunk.choices[0].delta.content for chunk in chunks]

    def tools(self, question, tool, result):
        tools = [{"type": "function", "function": tool}]
        wanted = {"name": "call", "schema": call_schema(tool)}
        schema = {"response_format": {"type": "json_schema", "json_schema": wanted}}
        bound = schema if self.is_bound else {}
        first = self.ask([user(question)], tools=tools, max_tokens=CALL_TOKENS, **bound)
        if not first.tool_calls:
            return {"text": first.content}
        call = first.tool_calls[0]
        told = {"role": "tool", "tool_call_id": call.id, "content": result}
        last = self.ask([user(question), first, told], tools=tools)
        made = {"name": call.function.name, "arguments": json.loads(call.function.arguments)}
        return {"call": made, "text": last.content}

    def image(self, question, png):
        picture = {"url": f"data:image/png;base64,{png}"}
        parts = [{"type": "text", "text": question}, {"type": "image_url", "image_url": picture}]
        return self.ask([user(parts)]).content

    def transcribe(self, wav, brief_model):
        file = ("sound.wav", base64.b64decode(wav))
        told = self.client.audio.transcriptions.create(model=brief_model, file=file)
        # Ollama's type for this answer is that of a stream, so that the library leaves its JSON alone.
        return told.text if hasattr(told, "text") else json.loads(told)["text"]

    def embed(self, texts):
        made = self.client.embeddings.create(model=self.model, input=texts)
        return [one.embedding for one in made.data]

    def structured(self, question, schema):
        wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        return json.loads(self.ask([user(question)], response_format=wanted).content)

    def parsed(self, question):
        made = self.client.chat.completions.parse(
            model=self.model,
            messages=[user(question)],
            response_format=Person,
            **{**SAMPLING, "max_tokens": CALL_TOKENS},
        )
        return made.choices[0].message.parsed.model_dump()

    def list(self):
        return [one.id for one in self.client.models.list()]

    def show(self, model):
        return self.client.models.retrieve(model).id

    def cancel(self, question):
        stream = self.client.chat.completions.create(
            model=self.model,
            messages=[user(question)],
            stream=True,
            **{**SAMPLING, "max_tokens": LONG_TOKENS},
        )
        first = next(iter(stream)).choices[0].delta.content
        stream.close()
        return first

    def missing(self, model):
        try:
            self.client.chat.completions.create(model=model, messages=[user("x")])
        except NotFoundError as error:
            return failed(error, error.message)
        raise AssertionError("it was answered")

    def unable(self, question):
        try:
            self.ask([user(question)], reasoning_effort="high")
        except BadRequestError as error:
            return failed(error, error.message)
        raise AssertionError("it was answered")
