import {
  bareCallTag,
  type CallStyle,
  callStyle,
  callTag,
  jinjaCallTag,
  jinjaTakesTools,
  jinjaThoughtTags,
  type ThoughtTags,
  templateVariables,
  thoughtTags,
} from '../template/index.ts'
import type { InstalledModel } from './ports.ts'
import type { EngineService } from './service.ts'

/** What a model's template shows of it. */
export interface TemplateTraits {
  readonly takesTools: boolean
  readonly takesSuffix: boolean
  readonly thoughtTags: ThoughtTags | undefined
  /** What the model writes before a call of a tool. */
  readonly callTag: string
  readonly callStyle: CallStyle
}

/** Of the model's own template, or of the one in its weights file. Throws `OD_TEMPLATE_INVALID`. */
export function traitsOf(service: EngineService, model: InstalledModel): TemplateTraits {
  if (model.template !== undefined) {
    const template = service.templateOf(model.template)
    const names = templateVariables(template)
    return {
      takesTools: names.has('tools'),
      takesSuffix: names.has('suffix'),
      thoughtTags: thoughtTags(template),
      callTag: callTag(template),
      callStyle: callStyle(model.template),
    }
  }
  const source = model.chatTemplate ?? ''
  return {
    takesTools: jinjaTakesTools(source),
    takesSuffix: false,
    thoughtTags: jinjaThoughtTags(source),
    callStyle: callStyle(source),
    callTag: source === '' ? bareCallTag : jinjaCallTag(source),
  }
}

/** What a model can do in this engine, in Ollama's words and order. */
export function capabilitiesOf(service: EngineService, model: InstalledModel): string[] {
  const { takesTools, takesSuffix, thoughtTags: tags, callStyle: style } = traitsOf(service, model)
  const thinks = tags !== undefined || style === 'harmony'
  return [
    model.isEmbedding ? 'embedding' : 'completion',
    ...(takesTools ? ['tools'] : []),
    ...(takesSuffix ? ['insert'] : []),
    ...(thinks ? ['thinking'] : []),
  ]
}
