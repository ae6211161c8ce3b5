/** Lines of a stream of server-sent events; equal neighbours count once, so that the number of tokens does not matter. */
export function eventLines(text: string, linesOf: (value: unknown) => string[]): string[] {
  const frames = text.split('\n\n')
  const end = frames.pop() === '' ? 'ends with an empty line' : 'ends within an event'
  const blocks = frames.map((frame) =>
    frame.split('\n').flatMap((line) => {
      if (!line.startsWith('data: {')) return [` ${line}`]
      return linesOf(JSON.parse(line.slice('data: '.length)))
    }),
  )
  const distinct = blocks.filter((block, at) => block.join('\n') !== blocks[at - 1]?.join('\n'))
  const numbered = distinct.flatMap((block, at) => block.map((line) => `event ${at}${line}`))
  const ids = new Set(text.match(/"(?:chatcmpl-|cmpl-|resp_|msg_|rs_|fc_|call_)\w+"/g))
  return [...numbered, `distinct ids ${ids.size}`, end]
}
