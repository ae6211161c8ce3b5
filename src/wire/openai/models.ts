import { parseModelName } from '../../core/model-name.ts'
import { encodeGoJson } from '../go-json/index.ts'
import {
  readAnswer,
  type ShownAnswer,
  type TagsAnswer,
  unixSeconds,
} from '../ollama/read-answers.ts'
import type { Translation } from '../translation.ts'

/** `GET /v1/models` as the native list. Source: Ollama openai/openai.go, ToListCompletion. */
export function translateModels(): Translation {
  return {
    ...unstreamed,
    route: 'tags',
    body: '',
    whole(answer) {
      const { models } = readAnswer<TagsAnswer>(answer)
      return `${encodeGoJson(modelsOnWire(models))}\n`
    },
  }
}

/** `GET /v1/models/:model` as the native show; the id is the name as it was asked for. */
export function translateModel(name: string): Translation {
  return {
    ...unstreamed,
    route: 'show',
    body: encodeGoJson({ name }),
    whole(answer) {
      const { modified_at } = readAnswer<ShownAnswer>(answer)
      return `${encodeGoJson(modelOnWire(name, modified_at))}\n`
    },
  }
}

const unstreamed = {
  isStream: false,
  headers: {},
  relaxesThinking: false,
  dialect: 'openai',
  line: () => '',
  failure: () => '',
} as const

/** The list in OpenAI's form; without a model it is `null`, as in Ollama. */
export function modelsOnWire(models: TagsAnswer['models']): object {
  const data = models.map(({ name, modified_at }) => modelOnWire(name, modified_at))
  return { object: 'list', data: data.length === 0 ? null : data }
}

/** One model in OpenAI's form, owned by its namespace. `modifiedAt`: RFC 3339. */
export function modelOnWire(id: string, modifiedAt: string): object {
  const owner = parseModelName(id)?.namespace ?? ''
  return { id, object: 'model', created: unixSeconds(modifiedAt), owned_by: owner }
}
