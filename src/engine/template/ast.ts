/**
 * A parsed template. Every node knows where it begins (`at`, an index into the source), for error texts.
 * An `else if` chain is one branch with several clauses, so that long chains do not count as nesting.
 */

/** What a list is made of. `else` and `end` are not kept. */
export type Node = Text | Action | Branch | Call | Jump

/** Everything between two delimiters of blocks, in order. */
export type NodeList = readonly Node[]

/** Text outside of delimiters, already trimmed. */
export interface Text {
  readonly type: 'text'
  readonly text: string
}

/** `{{ pipe }}`: prints its value, unless it declares or sets variables. */
export interface Action {
  readonly type: 'action'
  readonly pipe: Pipe
}

/** A block that is rendered or not, or many times. */
export interface Branch {
  readonly type: 'if' | 'with' | 'range'
  /** Exactly one for `range`. */
  readonly clauses: readonly Clause[]
  readonly otherwise?: NodeList
}

/** `if pipe` or `else if pipe`, and what follows it. */
export interface Clause {
  readonly pipe: Pipe
  readonly list: NodeList
}

/** `{{ template "name" pipe }}`, also what `block` leaves behind. */
export interface Call {
  readonly type: 'template'
  readonly at: number
  readonly name: string
  readonly pipe?: Pipe
}

/** Leaves the innermost range, or goes on with its next item. */
export interface Jump {
  readonly type: 'break' | 'continue'
}

/** `$a, $b := command | command`. As an operand it is a parenthesis. */
export interface Pipe {
  readonly type: 'pipe'
  readonly at: number
  readonly variables: readonly string[]
  /** `=` instead of `:=`. */
  readonly assigns: boolean
  readonly commands: readonly Command[]
}

/** A value, or a function and its arguments. */
export interface Command {
  readonly type: 'command'
  readonly at: number
  /** At least one; the first may be a function. */
  readonly operands: readonly Operand[]
}

/** A value within a command. */
export type Operand =
  | Pipe
  | { readonly type: 'dot' | 'nil'; readonly at: number }
  | {
      readonly type: 'constant'
      readonly at: number
      readonly value: string | boolean | bigint | number
      /** As it was written. */
      readonly source: string
    }
  | { readonly type: 'function'; readonly at: number; readonly name: string }
  /** `.A.B`. */
  | { readonly type: 'field'; readonly at: number; readonly names: readonly string[] }
  /** `$x.A.B`; `$` alone has the name `$`. */
  | {
      readonly type: 'variable'
      readonly at: number
      readonly name: string
      readonly names: readonly string[]
    }
  /** `(pipe).A.B` or `function.A`. */
  | {
      readonly type: 'chain'
      readonly at: number
      readonly base: Operand
      readonly names: readonly string[]
    }

/** What errors may point at. */
export type Place = Operand | Command | Call

/** What `parseGoTemplate` makes; it does not change and may be shared. */
export interface GoTemplate {
  readonly source: string
  readonly root: NodeList
  /** Named templates of `define` and `block`; the main one has the name ''. */
  readonly templates: ReadonlyMap<string, NodeList>
  /** Names of fields in lower case, as `templateVariables` gives them. */
  readonly variables: ReadonlySet<string>
}
