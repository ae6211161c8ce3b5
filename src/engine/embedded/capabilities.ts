import { templateVariables } from '../template/index.ts'
import type { InstalledModel } from './ports.ts'
import type { EngineService } from './service.ts'

/** What a model can do in this engine, in Ollama's words and order. */
export function capabilitiesOf(service: EngineService, model: InstalledModel): string[] {
  const names =
    model.template === undefined
      ? new Set<string>()
      : templateVariables(service.templateOf(model.template))
  return [
    model.isEmbedding ? 'embedding' : 'completion',
    ...(names.has('suffix') ? ['insert'] : []),
  ]
}
