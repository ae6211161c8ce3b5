/** Why a message ended, in Anthropic's words; undefined when nothing says so. A stop sequence is a turn's end to Ollama. */
export function stopReasonOf(reason: string | undefined, hasCalls: boolean): string | undefined {
  if (hasCalls) return 'tool_use'
  if (reason === 'stop') return 'end_turn'
  if (reason === 'length') return 'max_tokens'
  return reason ? 'stop_sequence' : undefined
}
