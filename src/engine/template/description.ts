import type { Operand, Pipe, Place } from './ast.ts'
import { quote, utf8Length } from './text.ts'

/** The node as Go writes it in `executing "" at <…>`. Source: Go text/template/parse, the String methods. */
export function describe(place: Place): string {
  switch (place.type) {
    case 'template':
      return `{{template ${quote(place.name)}${place.pipe ? ` ${describe(place.pipe)}` : ''}}}`
    case 'pipe':
      return describePipe(place)
    case 'command':
      return place.operands.map(describeOperand).join(' ')
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
    case 'constant':
      return place.source
    case 'function':
      return place.name
    case 'field':
      return dotted(place.names)
    case 'variable':
      return place.name + dotted(place.names)
    default:
      return describeOperand(place.base) + dotted(place.names)
  }
}

/** Line and column as Go counts them: lines from 1, columns in bytes from 0. */
export function locate(source: string, at: number): string {
  const before = source.slice(0, at)
  const lineStart = before.lastIndexOf('\n') + 1
  return `${before.split('\n').length}:${utf8Length(before.slice(lineStart))}`
}

function describeOperand(operand: Operand): string {
  return operand.type === 'pipe' ? `(${describePipe(operand)})` : describe(operand)
}

function describePipe(pipe: Pipe): string {
  const declaration =
    pipe.variables.length === 0 ? '' : `${pipe.variables.join(', ')} ${pipe.assigns ? '=' : ':='} `
  return declaration + pipe.commands.map(describe).join(' | ')
}

function dotted(names: readonly string[]): string {
  return names.map((name) => `.${name}`).join('')
}
