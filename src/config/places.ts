import { posix, win32 } from 'node:path'

const program = 'ollama-distributed'

/** Name of the configuration file. */
export const fileName = `${program}.yaml`

/** What a machine's paths depend on; part of `ConfigInput`. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute. */
  readonly cwd: string
  /** Absolute. */
  readonly homeDir: string
  /** As `process.platform`. */
  readonly platform: string
}

/** Paths in the spelling of one platform. Pure: nothing here looks at a disk. */
export interface Places {
  readonly platformDataDir: string
  /** Makes a path absolute: `~` is the home folder, a relative path begins at `base`. */
  absolute(path: string, base: string): string
  below(folder: string, name: string): string
  parent(path: string): string
  /** Short form for people: relative to the current folder where it lies in it. */
  label(path: string): string
}

export function placesOf({ env, cwd, homeDir, platform }: Surroundings): Places {
  const paths = platform === 'win32' ? win32 : posix
  return {
    platformDataDir: paths.join(dataHome(), program),
    absolute: (path, base) =>
      /^~(?=$|[/\\])/.test(path)
        ? paths.join(homeDir, path.slice(1))
        : paths.resolve(cwd, base, path),
    below: (folder, name) => paths.join(folder, name),
    parent: (path) => paths.dirname(path),
    label(path) {
      const short = paths.relative(cwd, path)
      const isInside = short !== '' && short !== '..' && !short.startsWith(`..${paths.sep}`)
      return isInside && !paths.isAbsolute(short) ? short : path
    },
  }

  /** Source: XDG base directory specification (a relative value is to be ignored); Apple's and Microsoft's guides. */
  function dataHome(): string {
    if (platform === 'win32') return env['LOCALAPPDATA'] || paths.join(homeDir, 'AppData', 'Local')
    if (platform === 'darwin') return paths.join(homeDir, 'Library', 'Application Support')
    const xdg = env['XDG_DATA_HOME'] ?? ''
    return paths.isAbsolute(xdg) ? xdg : paths.join(homeDir, '.local', 'share')
  }
}
