/** Finds and opens the prebuilt llama.cpp of this platform: the native part of one npm package, nothing is compiled. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import koffi, { type LibraryHandle } from 'koffi'
import { OdError } from '../../../core/errors/index.ts'
import { namesIn } from '../../../sys/files.ts'

/** The npm packages that carry llama.cpp, by `process.platform`-`process.arch`. */
const packageNames: Readonly<Record<string, string>> = {
  'linux-x64': '@node-llama-cpp/linux-x64',
  'linux-arm64': '@node-llama-cpp/linux-arm64',
  'darwin-arm64': '@node-llama-cpp/mac-arm64-metal',
  'darwin-x64': '@node-llama-cpp/mac-x64',
  'win32-x64': '@node-llama-cpp/win-x64',
}

/** The open libraries, and the folder from which ggml picks the variant that suits the processor. */
export interface OpenLibraries {
  readonly llama: LibraryHandle
  readonly ggml: LibraryHandle
  readonly base: LibraryHandle
  readonly folder: string
}

/**
 * Opens llama.cpp. Throws `OD_ENGINE_UNSUPPORTED` where no prebuilt library exists, `OD_ENGINE_MISSING` where its package
 * is not installed, `OD_ENGINE_LIBRARY` where the system refuses to load it (musl, an old glibc).
 */
export function openLibraries(): OpenLibraries {
  const folder = libraryFolder(`${process.platform}-${process.arch}`)
  // C code runs on stacks of koffi's making; the 128 KiB it gives to asynchronous calls are too small for grammars.
  koffi.config({ sync_stack_size: 8 << 20, async_stack_size: 8 << 20, resident_async_pools: 2 })
  const files = namesIn(folder)
  const open = (name: string): LibraryHandle => {
    // The release and, on macOS, the variant are part of the file name: libllama.metal.v0.4.0.dylib
    const pattern = new RegExp(`^(lib)?${name}(\\.metal)?(\\.v[\\d.]+)?\\.(so|dylib|dll)$`)
    const file = files.find((candidate) => pattern.test(candidate))
    if (file === undefined) throw new OdError('OD_ENGINE_LIBRARY', { reason: `no ${name} library` })
    try {
      return koffi.load(join(folder, file))
    } catch (cause) {
      throw new OdError(
        'OD_ENGINE_LIBRARY',
        { reason: `the system refuses ${file}` },
        { cause, detail: String(cause) },
      )
    }
  }
  const base = open('ggml-base')
  const ggml = open('ggml')
  return { base, ggml, llama: open('llama'), folder }
}

/** The folder with the libraries for a platform such as `linux-x64`. */
function libraryFolder(platform: string): string {
  const name = packageNames[platform]
  if (name === undefined) throw new OdError('OD_ENGINE_UNSUPPORTED', { platform })
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    const bins = join(dirname(dirname(entry)), 'bins')
    const [folder] = namesIn(bins)
    if (folder === undefined) throw new Error('empty package')
    return join(bins, folder)
  } catch (cause) {
    throw new OdError('OD_ENGINE_MISSING', { package: name }, { cause })
  }
}
