import { OdError } from '../../core/errors/index.ts'
import type { Modelfile } from '../../wire/ollama/modelfile.ts'
import { deprecatedOptions, readOptionTexts } from '../../wire/ollama/options.ts'
import type { ApiObject } from '../gateway-client.ts'

/** What a Modelfile's weights became: names of models, and files that the gateway has by their digests. */
export interface Ingredients {
  readonly model: string
  /** A model to start from. */
  readonly from: string | undefined
  readonly files: Readonly<Record<string, string>>
  readonly adapters: Readonly<Record<string, string>>
  readonly quantize: string | undefined
}

/**
 * The body of `/api/create`. Throws `OD_MODELFILE_INVALID` for a parameter that no model has. Source: Ollama
 * parser/parser.go, CreateRequest.
 */
export function createRequest(modelfile: Modelfile, ingredients: Ingredients): ApiObject {
  const { model, from, files, adapters, quantize } = ingredients
  const { template, system, licenses, messages, renderer, parser, requires } = modelfile
  const parameters = parametersOf(modelfile)
  const fields: ApiObject = {
    model,
    from,
    files: orNothing(files),
    adapters: orNothing(adapters),
    template,
    system,
    license: licenses.length > 0 ? licenses : undefined,
    messages: messages.length > 0 ? messages : undefined,
    parameters: orNothing(parameters),
    renderer,
    parser,
    requires,
    quantize,
  }
  return fields
}

function parametersOf({ parameters }: Modelfile): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, texts] of parameters) {
    if (deprecatedOptions.includes(name)) continue
    const value = readOptionTexts(name, texts)
    if (value === undefined) {
      throw new OdError('OD_MODELFILE_INVALID', { line: `PARAMETER ${name} ${texts.at(-1)}` })
    }
    values[name] = value
  }
  return values
}

function orNothing<Value>(record: Readonly<Record<string, Value>>) {
  return Object.keys(record).length > 0 ? record : undefined
}
