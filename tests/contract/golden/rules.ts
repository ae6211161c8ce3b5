/**
 * What is known to differ from a real Ollama, and is meant to: by field or by route, each with its reason. They are the same
 * for all subjects. `docs/compatibility.md` is written from the cases that they were needed for.
 */
import { METHODS } from 'node:http'
import { filledBytes, type GoldenCase, type GoldenRequest } from './golden-case.ts'

export interface Rule {
  /** What differs. */
  readonly title: string
  readonly reason: string
  /** Lines that are left out of the comparison, on both sides. */
  readonly field?: RegExp
  /** Where no field is named, the first line of the answer. */
  readonly begins?: string
  /** Which cases; all when absent. */
  readonly of?: (golden: GoldenCase) => boolean
}

export const rules: readonly Rule[] = [
  {
    title: 'A request whose end can be read in two ways is refused with 400',
    reason:
      'A length beside chunks, or lines that end without a carriage return, are how one request is smuggled past a gateway inside another.',
    begins: 'status 400',
    of: ({ request }) => hasTwoLengths(request) || hasBareLines(request),
  },
  {
    title: 'An `Origin` with letters in its port is refused with 403',
    reason:
      'Ollama compares only its beginning, so that `http://localhost:3000.evil.com` passes for localhost: a page of another host could use the models.',
    begins: 'status 403',
    of: ({ request }) => /^https?:\/\/[^/]*:\d*[^\d/]/.test(headerOf(request, 'Origin') ?? ''),
  },
  {
    title:
      '`/api/ps` has `node` and `engine` at the end of each entry where there are several engines',
    reason:
      'A model can be loaded in several places; official clients ignore keys that they do not know.',
    field: /^\.models\[\d+\]\.(node|engine) = /,
    of: ({ request }) => request.path === '/api/ps',
  },
  {
    title: 'More than 16 KiB or 128 fields of headers are refused with 431',
    reason:
      'Ollama takes 1 MiB. Every open connection may hold as much memory before anything is known of it.',
    begins: 'status 431',
    of: ({ request }) => headOf(request).length > 16 * 1024,
  },
  {
    title:
      'A wish for another protocol, or a method that HTTP does not know, ends the connection with its answer',
    reason:
      "Node's parser loses what came behind such a request, so that the next one could be read from anywhere.",
    field: /^connection close$/,
    of: ({ request }) => headerOf(request, 'Upgrade') !== undefined || hasUnknownMethod(request),
  },
  {
    title: 'Blank lines before a request are skipped',
    reason: 'RFC 9112 §2.2 asks for it, for clients that send one too many after a body.',
    begins: 'status 200',
    of: ({ request }) => rawOf(request).startsWith('\r\n'),
  },
  {
    title: 'A body that ends before its announced length is refused with 400',
    reason:
      'Ollama acts on it where its first JSON value is whole. A client that broke off has not asked for anything yet.',
    begins: 'status 400',
    of: ({ request, expect }) => isCutShort(request) && expect[0] !== 'status 400',
  },
  {
    title: 'A path with doubled slashes is answered instead of redirected',
    reason:
      'A base address that ends in a slash works at once; a redirect makes many clients lose their body.',
    begins: 'status 200',
    of: ({ request }) => request.path?.split('?')[0]?.includes('//') === true,
  },
  {
    title: '`/api/create` with a digest that is none is refused with 400 before the stream begins',
    reason:
      'Old versions of Ollama take it for a path of their disk; the gateway does not send it on.',
    begins: 'status 400',
    of: ({ request }) => isPost(request, '/api/create') && hasBadDigest(request),
  },
  {
    title: 'A push of a model that no node has is refused with 404 before the stream begins',
    reason:
      'No node could be chosen for it, and what Ollama says within the stream names a path of its disk.',
    begins: 'status 404',
    of: ({ request }) => isPost(request, '/api/push'),
  },
  {
    title: '`/health`, `/api/models`, `/api/v1/*` and `/v2/*` exist',
    reason: 'They are ours, at paths where Ollama has nothing.',
    begins: 'status 200',
    of: ({ request }) => /^\/(health|api\/models|api\/v1\/.*|v2(\/.*)?)$/.test(request.path ?? ''),
  },
  {
    title: 'A model that is only a name for one of another server is not made: 403',
    reason:
      'Whoever may make models could have this node ask any address in its name. `gateway.accept_cloud` allows it.',
    begins: 'not prepared: POST /api/create answered 403',
    of: ({ before }) => JSON.stringify(before ?? []).includes('remote_host'),
  },
  {
    title: 'The embedded engine says why weights cannot be loaded, where Ollama says which file',
    reason:
      'The reason helps; where the models lie need not be known to who may use them. Where a path must stand, it begins with `/models`.',
    field: /^\.error = "unable to load model/,
  },
]

function isPost({ method, path }: GoldenRequest, wanted: string): boolean {
  return method === 'POST' && path === wanted
}

function hasUnknownMethod(request: GoldenRequest): boolean {
  const { method = rawOf(request).split(' ')[0] ?? '' } = request
  return !METHODS.includes(method)
}

function headerOf({ headers = [] }: GoldenRequest, name: string): string | undefined {
  return headers.find(([key]) => key === name)?.[1] ?? undefined
}

/** Of a request that is given as bytes; empty for any other. */
function rawOf({ raw }: GoldenRequest): string {
  return raw === undefined ? '' : filledBytes(raw).toString('latin1')
}

function headOf(request: GoldenRequest): string {
  return rawOf(request).split('\r\n\r\n')[0] ?? ''
}

function hasTwoLengths(request: GoldenRequest): boolean {
  return (
    /\r\nContent-Length:/i.test(headOf(request)) && /\r\nTransfer-Encoding:/i.test(headOf(request))
  )
}

function hasBareLines(request: GoldenRequest): boolean {
  return /^[A-Z]+ \S+ HTTP\/1\.1\n/.test(rawOf(request))
}

function isCutShort(request: GoldenRequest): boolean {
  const announced = Number(/\r\nContent-Length: (\d+)/i.exec(headOf(request))?.[1] ?? 0)
  return (
    announced > 0 && rawOf(request).length - headOf(request).length - '\r\n\r\n'.length < announced
  )
}

function hasBadDigest({ body }: GoldenRequest): boolean {
  const { files = {} } = JSON.parse(body === undefined ? '{}' : filledBytes(body).toString()) as {
    files?: Record<string, string>
  }
  return Object.values(files).some((digest) => !/^sha256[:-][0-9a-f]{64}$/.test(digest))
}
