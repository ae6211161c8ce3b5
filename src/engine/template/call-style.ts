/** How a model writes its calls, as its template shows them. */
export type CallStyle = 'json' | 'function-tags' | 'argument-tags' | 'harmony'

/** Reads a Go or Jinja template for the words of the families; both kinds show calls in the model's own form. */
export function callStyle(source: string): CallStyle {
  const has = (word: string) => source.includes(word)
  if (has('<|channel|>') && has('<|message|>')) return 'harmony'
  if (has('<arg_key>')) return 'argument-tags'
  return has('<function=') && has('<parameter=') ? 'function-tags' : 'json'
}
