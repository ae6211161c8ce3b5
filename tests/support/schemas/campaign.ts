/** Asks an engine for answers under many random schemas, and has a validator look at them that shares no code with us. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { randomSchema, type Schema } from './random-schema.ts'

/** What became of the schemas. `ended`: answers that ended by themselves and fit; the others were cut by their bound. */
export interface SchemaTally {
  readonly accepted: number
  readonly refused: number
  readonly ended: number
  /** Answers that do not fit, with their schemas, and whatever else should not happen. */
  readonly wrong: readonly string[]
}

/** Strict but for what two parts of a schema say together; a key such as `toString` is there only when the answer has it. */
const ajv = addFormats.default(
  new Ajv2020({
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    ownProperties: true,
  }),
)

/** Why the text does not fit the schema, as `ajv` reads it (draft 2020-12); undefined when it does. */
export function faultOf(schema: Schema, text: string): string | undefined {
  try {
    const validate = ajv.compile(schema)
    return validate(JSON.parse(text)) ? undefined : ajv.errorsText(validate.errors)
  } catch (error) {
    return String(error)
  }
}

/** One answer under each of the schemas that the seeds make; four at a time. `post` asks the engine. */
export async function askUnderSchemas(
  post: (path: string, body: object) => Promise<Response>,
  seeds: readonly number[],
): Promise<SchemaTally> {
  const tally = { accepted: 0, refused: 0, ended: 0, wrong: [] as string[] }
  const left = [...seeds]
  const worker = async () => {
    for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
      const schema = randomSchema(seed)
      const response = await post('/api/generate', {
        model: 'pocket',
        prompt: 'Tell me about Ida as JSON.',
        stream: false,
        format: schema,
        options: { seed, temperature: 1, num_predict: 200 },
      })
      const answer = (await response.json()) as Record<string, unknown>
      if (response.status === 500 && answer['error'] === 'invalid JSON schema in format') {
        tally.refused++
      } else if (response.status !== 200) {
        tally.wrong.push(`seed ${seed}: ${response.status} ${JSON.stringify(answer)}`)
      } else {
        tally.accepted++
        if (answer['done_reason'] !== 'stop') continue
        const text = String(answer['response'])
        const fault = faultOf(schema, text)
        if (fault === undefined) tally.ended++
        else tally.wrong.push(`seed ${seed}: ${fault}\n${JSON.stringify(schema)}\n${text}`)
      }
    }
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  return tally
}
