/**
 * Rules for JSON itself (RFC 8259). Spaces are bounded, so that a model cannot write them for ever; numbers stay within
 * what a double holds; `\u` never spells a surrogate, so that one `character` is one character.
 */
export const jsonRules = {
  space: String.raw`"" | " " | "\n" [ \t]{0,20}`,
  character: String.raw`[^"\\\x7F\x00-\x1F] | "\\" (["\\/bfnrt] | "u" ([0-9a-cA-Ce-fE-F] hex{3} | [dD] [0-7] hex{2}))`,
  hex: '[0-9a-fA-F]',
  string: String.raw`"\"" character* "\""`,
  integer: '"-"? ("0" | [1-9] [0-9]{0,14})',
  number: 'integer ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?',
  boolean: '"true" | "false"',
  null: '"null"',
  value: 'object | array | string | number | boolean | null',
  member: 'string space ":" space value',
  object: '"{" space (member space ("," space member space)*)? "}"',
  array: '"[" space (value space ("," space value space)*)? "]"',
} as const
