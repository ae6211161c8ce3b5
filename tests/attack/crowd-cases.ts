/** What each client of a crowd sends. */
export interface CrowdCase {
  readonly title: string
  readonly first: string
  readonly drip: string
  /** What each of them leaves in the log: a line, or a count of its own. */
  readonly leaves: 'lines' | 'dropped'
}

const bodyHead = 'POST /api/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n'

export const crowdCases: readonly CrowdCase[] = [
  {
    title: 'A-17: headers byte by byte',
    first: 'GET / HTTP/1.1\r\nX: ',
    drip: 'a',
    leaves: 'lines',
  },
  { title: 'A-18: bodies byte by byte', first: `${bodyHead}{`, drip: ' ', leaves: 'lines' },
  { title: 'A-19: connections that say nothing', first: '', drip: '', leaves: 'dropped' },
]
