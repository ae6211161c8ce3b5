import type { Kind } from './kind.ts'

/** Flags as the command line hands them over: texts unread, a switch as true. */
export interface ConfigFlags {
  readonly config?: string | undefined
  readonly dataDir?: string | undefined
  readonly listen?: string | undefined
  readonly port?: string | undefined
  readonly linkPort?: string | undefined
  readonly linkListen?: string | undefined
  readonly name?: string | undefined
  readonly role?: string | undefined
  readonly ollamaPort?: string | undefined
  readonly logLevel?: string | undefined
  readonly acceptOpen?: boolean | undefined
}

/** A flag of `start` and its relatives that sets a setting. */
export interface SettingFlag {
  readonly name: `--${string}`
  /** Word for its argument in help texts; a flag without one is a switch. */
  readonly argument?: string
  readonly option: Exclude<keyof ConfigFlags, 'config'>
}

/** What a default that depends on the machine or on other settings may ask. */
export interface DefaultContext {
  /** The platform's own folder for this program's data. */
  readonly platformDataDir: string
  /** Value of a path setting that stands earlier in the table. */
  path(key: string): string
  /** True when a flag, the environment or the file gave it. */
  isGiven(key: string): boolean
  /** A folder below a folder, in the platform's spelling. */
  below(folder: string, name: string): string
}

/** One row of the table of settings. */
export interface Setting<Value, Suffix extends '' | 'Ms'> {
  readonly kind: Kind<Value, Suffix>
  readonly default:
    | { readonly value: NoInfer<Value> }
    | { readonly text: string; readonly of: (context: DefaultContext) => NoInfer<Value> }
  /** What the number counts or the text names, for example `tokens`; empty where there is nothing to say. */
  readonly unit: string
  /** One sentence: what it does. */
  readonly description: string
  /** When a change takes effect. */
  readonly reload: 'restart'
  /** True when it may hold something that must not be shown. */
  readonly secret: boolean
  /** Environment variables that set it, the strongest first. */
  readonly envs: readonly string[]
  readonly flag?: SettingFlag
  /** First version that has it. */
  readonly since: string
}

/** Makes a row from what is particular to it. */
export function setting<Value, Suffix extends '' | 'Ms'>(
  row: Pick<Setting<Value, Suffix>, 'kind' | 'default' | 'description'> &
    Partial<Setting<Value, Suffix>>,
): Setting<Value, Suffix> {
  return { unit: '', reload: 'restart', secret: false, envs: [], since: '0.1.0', ...row }
}
