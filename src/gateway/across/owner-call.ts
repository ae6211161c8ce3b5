import { engineIdAt, partsOfEngineId } from '../../core/engine.ts'
import { headerValue } from '../headers.ts'
import type { Link } from '../ports.ts'
import {
  callUpstream,
  type UpstreamCall,
  type UpstreamListener,
  type UpstreamRequest,
} from '../upstream.ts'
import {
  type EntryNote,
  enginesPath,
  noteHeaders,
  type OwnerRefusal,
  refusalIn,
  refusedHeader,
  waitedHeader,
} from './entry-note.ts'

/** Hears of an engine of another node; instead of `head` and all after it, its owner may refuse. */
export interface OwnerListener extends UpstreamListener {
  refuse(reason: OwnerRefusal): void
}

/**
 * Sends a request to an engine of another node, by its owner. The client's bytes and the engine's pass unchanged; what the
 * owner says of itself is taken off. `onWaited` hears how long the request waited there for its turn, in milliseconds.
 */
export function callOwner(
  link: Link,
  engineId: string,
  { request, note }: { readonly request: UpstreamRequest; readonly note: EntryNote },
  { listener, onWaited }: { listener: OwnerListener; onWaited: (ms: number) => void },
): UpstreamCall {
  const { name, node = '' } = partsOfEngineId(engineId)
  let isRefused = false
  return callUpstream(
    link,
    {
      ...request,
      path: `${enginesPath}/${name}${request.path}`,
      headers: [...request.headers, ...noteHeaders(note)],
    },
    {
      head(status, headers) {
        const refusal = refusalIn(headerValue(headers, refusedHeader))
        if (refusal === undefined && isOf(headers, engineId)) {
          onWaited(Number(headerValue(headers, waitedHeader)) || 0)
          return listener.head(status, headers)
        }
        isRefused = true // what it says in words is read and dropped, so that the link can be used again
        // An answer that no owner gave: the node there has no such route, or found the request wrong. No engine saw it.
        listener.refuse(refusal ?? 'unreachable')
      },
      data(chunk) {
        if (!isRefused) listener.data(chunk)
      },
      end() {
        if (!isRefused) listener.end()
      },
      fail(failure, cause) {
        if (!isRefused) listener.fail(failure, cause)
      },
    },
  )

  function isOf(headers: readonly string[], id: string): boolean {
    const engine = headerValue(headers, 'x-od-engine') ?? ''
    return headerValue(headers, 'x-od-node') === node && engineIdAt(node, engine) === id
  }
}
