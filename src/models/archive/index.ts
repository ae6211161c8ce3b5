/** Models as archives: tars in the layout of the store, which is Ollama's. */
export { packModel } from './pack.ts'
export { unpackModels } from './unpack.ts'
