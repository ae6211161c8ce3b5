/** What is open of one cluster: its store, here or over a link, and the last copy of it. */
import { join } from 'node:path'
import type { Identity, PeerId } from '../../cluster/identity/index.ts'
import type { Link } from '../../cluster/links/index.ts'
import {
  keys,
  type MemberRecord,
  type Membership,
  Registry,
} from '../../cluster/membership/index.ts'
import {
  type LastCopy,
  openSqliteStore,
  remoteStateStore,
  type StateStore,
  serveState,
  startLastCopy,
} from '../../state/index.ts'
import type { Clock } from '../../sys/clock.ts'
import { namesIn, removeFile } from '../../sys/files.ts'
import type { Log } from '../../sys/log.ts'
import type { Random } from '../../sys/random.ts'

export interface SessionOptions {
  readonly identity: Identity
  readonly name: string
  readonly stateDir: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** This node as the first one of a cluster. */
  readonly first: Omit<MemberRecord, 'joinedMs'>
  readonly linkTo: (peer: PeerId) => Link
  /** Hears of every change of the copy. */
  readonly onChange: () => void
}

export interface Session {
  /** The node that keeps the state of the cluster. */
  readonly holder: PeerId
  readonly clusterId: string
  readonly registry: Registry
  readonly copy: LastCopy
  readonly store: StateStore
  /** Answers other nodes' questions to the store; undefined where it is not here. */
  readonly serve: ReturnType<typeof serveState> | undefined
  close(): Promise<void>
}

const databaseName = 'cluster.db'

/** Opens the cluster that the membership names. Throws `OD_STATE_…` when this node's own database cannot be used. */
export async function openSession(
  { clusterId, holder }: Membership,
  options: SessionOptions,
): Promise<Session> {
  const { identity, name, stateDir, clock, random, log } = options
  const isHolder = holder === identity.peer
  const store = isHolder
    ? await openOwnStore(clusterId, options)
    : remoteStateStore({
        carrier: options.linkTo(holder),
        origin: 'https://link',
        clock,
        random,
        log,
      })
  const registry = new Registry({ store, self: identity.peer, node: name, clock, random })
  if (isHolder) await registry.found(identity.peer, clusterId, options.first)
  const copy = await startLastCopy({
    store,
    prefix: '',
    path: join(stateDir, copyName(clusterId)),
    clock,
    log,
    onChange: options.onChange,
  })
  return {
    holder,
    clusterId,
    registry,
    copy,
    store,
    serve: isHolder ? serveState({ store, clock, log }) : undefined,
    async close() {
      await copy.close()
      await store.close()
    },
  }
}

/** Deletes what is left of other clusters than this one. */
export async function sweepOthers(
  { clusterId, holder }: Membership,
  { stateDir, identity }: Pick<SessionOptions, 'stateDir' | 'identity'>,
): Promise<void> {
  for (const file of namesIn(stateDir)) {
    const isCopy = /^copy-[0-9a-f]+\.json$/.test(file) && file !== copyName(clusterId)
    const isDatabase = file.startsWith(databaseName) && holder !== identity.peer
    if (isCopy || isDatabase) await removeFile(join(stateDir, file))
  }
}

function copyName(clusterId: string): string {
  return `copy-${clusterId}.json`
}

/** The database of this cluster; one that is left of another cluster makes room for it. */
async function openOwnStore(clusterId: string, options: SessionOptions): Promise<StateStore> {
  const { stateDir, clock, random, log } = options
  const path = join(stateDir, databaseName)
  const open = () => openSqliteStore({ path, clock, random, log })
  const store = await open()
  const { entry } = await store.get(keys.clusterId)
  if (entry === undefined || entry.value === clusterId) return store
  await store.close()
  for (const file of namesIn(stateDir)) {
    if (file.startsWith(databaseName)) await removeFile(join(stateDir, file))
  }
  return await open()
}
