/**
 * Tokens of texts by files that hold a vocabulary and no weights. A process of its own, for llama.cpp aborts the one that it is
 * in when it dislikes a file. Takes a `VocabularyJob` as JSON, prints `VocabularyAnswer`s.
 */
import { text } from 'node:stream/consumers'
import { openLlama } from '../../src/engine/runner/llama/functions.ts'
import { Model } from '../../src/engine/runner/llama/model.ts'

export interface VocabularyJob {
  readonly path: string
  readonly texts: readonly string[]
}

/** Of each text its tokens, and what these stand for, in base64. */
export interface VocabularyAnswer {
  readonly vocabularySize: number
  readonly texts: readonly { readonly tokens: readonly number[]; readonly pieces: string }[]
}

const jobs = JSON.parse(await text(process.stdin)) as readonly VocabularyJob[]
const llama = openLlama()
const modelDefaults = () => ({ ...llama.modelDefaults(), vocab_only: true })
const answers: VocabularyAnswer[] = []
for (const { path, texts } of jobs) {
  const model = await Model.load({ ...llama, modelDefaults }, path, {
    gpuLayers: 0,
    adapterPaths: [],
  })
  const answered = texts.map((one) => {
    const tokens = model.tokenize(one, false)
    const pieces = Buffer.concat(tokens.map((token) => model.pieceOf(token))).toString('base64')
    return { tokens, pieces }
  })
  answers.push({ vocabularySize: model.vocabularySize, texts: answered })
}
console.log(JSON.stringify(answers))
