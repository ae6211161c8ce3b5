import {
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
import { withParser } from './named-parser.ts'
import type { InstalledModel } from './ports.ts'
import type { EngineService } from './service.ts'

/** What a model without any template of its own gets: the prompt as it is. Source: Ollama template/template.go. */
export const plainTemplate = '{{ .Prompt }}'

/** What a model's template shows of it. */
export interface TemplateTraits {
  readonly takesTools: boolean
  readonly takesSuffix: boolean
  readonly thoughtTags: ThoughtTags | undefined
  /** What the model writes before a call of a tool. */
  readonly callTag: string
  readonly callStyle: CallStyle
}

/** Of the model's own template and the parser that its config names. Throws `OD_TEMPLATE_INVALID`. */
export function traitsOf(service: EngineService, model: InstalledModel): TemplateTraits {
  const own = templateOf(model)
  const traits = own.kind === 'go' ? goTraits(service, own.source) : jinjaTraits(own.source)
  return withParser(traits, model.parser)
}

/**
 * The template that writes the model's prompts: the Go template, or the one in its weights file where there is none, or
 * where Ollama uses code of its own instead, which then mostly lies beside an empty Go template.
 */
export function templateOf({
  template,
  chatTemplate,
  renderer,
}: Pick<InstalledModel, 'template' | 'chatTemplate' | 'renderer'>): {
  readonly kind: 'go' | 'jinja'
  readonly source: string
} {
  if (chatTemplate !== undefined && (template === undefined || renderer !== '')) {
    return { kind: 'jinja', source: chatTemplate }
  }
  return { kind: 'go', source: template ?? plainTemplate }
}

function goTraits(service: EngineService, source: string): TemplateTraits {
  const template = service.templateOf(source)
  const names = templateVariables(template)
  return {
    takesTools: names.has('tools'),
    takesSuffix: names.has('suffix'),
    thoughtTags: thoughtTags(template),
    callTag: callTag(template),
    callStyle: callStyle(source),
  }
}

/** Of a chat template out of a weights file. */
export function jinjaTraits(source: string): TemplateTraits {
  return {
    takesTools: jinjaTakesTools(source),
    takesSuffix: false,
    thoughtTags: jinjaThoughtTags(source),
    callStyle: callStyle(source),
    callTag: jinjaCallTag(source),
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
