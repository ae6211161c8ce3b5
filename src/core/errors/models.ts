import type { ErrorEntry } from './entry.ts'

/** Failures of the model store. */
export const modelErrors = {
  OD_MODELFILE_INVALID: {
    retryable: false,
    text: 'the Modelfile cannot be understood at: {line}',
    remedy:
      'Write one command to a line: FROM, ADAPTER, TEMPLATE, SYSTEM, LICENSE, MESSAGE, PARAMETER, RENDERER, PARSER or REQUIRES; long texts between """ and """.',
  },
  OD_MODEL_INCOMPLETE: {
    status: 500,
    retryable: false,
    text: 'the model has no {part}',
    remedy: 'Pull or create the model again.',
  },
  OD_MODEL_DAMAGED: {
    status: 500,
    retryable: false,
    text: "model '{model}' is damaged: a file of it is missing or is not what it should be",
    remedy:
      'Pull or create the model again; `ollama-distributed models verify` tells which file it is, and fetches it where it can.',
  },
  OD_ARCHIVE_ENTRY: {
    status: 400,
    retryable: false,
    text: 'the archive has an entry that is refused, {name}: {reason}',
    remedy:
      'Make the archive with `ollama-distributed models export`, or of the folders blobs and manifests of a model directory.',
  },
  OD_ARCHIVE_INVALID: {
    status: 400,
    retryable: false,
    text: 'the archive cannot be read: {reason}',
    remedy:
      'Give a tar that is whole and not compressed, as `ollama-distributed models export` makes it.',
  },
  OD_ARCHIVE_NAME: {
    status: 400,
    retryable: false,
    text: '{count} models are in the archive, and one name was given',
    remedy: 'Leave the name out; each model keeps its own.',
  },
  OD_ARCHIVE_NO_ENGINE: {
    status: 409,
    retryable: true,
    text: 'no embedded engine runs on any node, and it alone reads and writes archives',
    remedy: 'Start one: `ollama-distributed engines start embedded`.',
  },
  OD_ARCHIVE_OLLAMA: {
    status: 409,
    retryable: false,
    text: "model '{model}' is in an Ollama alone, which gives no archives",
    remedy:
      'Make a tar of the folders blobs and manifests of its model directory; `ollama-distributed models import` takes it.',
  },
  OD_VERIFY_BROKEN: {
    status: 502,
    retryable: true,
    text: 'not every file could be looked at: {reason}',
    remedy: 'Try again; `ollama-distributed engines logs embedded` tells more.',
  },
  OD_VERIFY_DAMAGED: {
    status: 500,
    retryable: false,
    text: 'files of {models} are damaged and could not be fetched again: {reason}',
    remedy:
      'Pull these models again, or create them from their files (the bundled one is mended when the node starts again); until then they are not in the lists.',
  },
  OD_VERIFY_UNREADABLE: {
    status: 500,
    retryable: false,
    text: 'files of {models} may not be read, so that nobody knows whether they are whole: {reason}',
    remedy:
      'Give the user of this node the right to read what is named, and verify again; nothing was set aside or fetched.',
  },
  OD_VERIFY_NO_ENGINE: {
    status: 409,
    retryable: true,
    text: 'no embedded engine runs on this node, and it alone looks at files of models',
    remedy:
      'Start it with `ollama-distributed engines start embedded`, or ask a node that has one.',
  },
  OD_MODEL_QUARANTINED: {
    status: 503,
    retryable: true,
    text: 'the model is not loaded for another {seconds} s: its load has ended its runner {count} times in a row, at last with: {reason}',
    remedy:
      'Pull or create the model again: other files are tried at once. To try this one before its time, unload it (POST /api/generate with "keep_alive": 0 and no prompt), or restart the engine (`ollama-distributed engines restart embedded`).',
  },
  OD_MODEL_MEMORY: {
    status: 500,
    retryable: true,
    text: 'model requires more system memory ({needed}) than is available ({available})',
    remedy: 'Unload other models, ask for a smaller num_ctx, or use a smaller model.',
  },
  OD_DISK_FULL: {
    status: 507,
    retryable: false,
    text: 'not enough free disk space for the model',
    remedy:
      'Free some space on the disk of the model directory; `models.reserve` of it is always left free.',
  },
  OD_MODEL_QUOTA: {
    status: 507,
    retryable: false,
    text: 'models may take {quota} here, {used} of which are in use: {needed} more do not fit',
    remedy:
      'Remove models that are not needed with `ollama-distributed rm`, or raise `models.quota` and start the node again.',
  },
  OD_STORE_UNWRITABLE: {
    status: 500,
    retryable: false,
    text: 'the model directory cannot be written: {reason}',
    remedy:
      'Give the user of this node the right to write into the model directory, or use another one.',
  },
  OD_STORE_UNREADABLE: {
    status: 500,
    retryable: false,
    text: 'a file of the model directory cannot be read: {reason}',
    remedy:
      'Give the user of this node the right to read what is named, and try again; nothing has to be pulled again.',
  },
  OD_DIGEST_FORMAT: {
    status: 400,
    retryable: false,
    text: 'invalid digest format',
    remedy: 'Use "sha256:" and 64 hexadecimal digits.',
  },
  OD_DIGEST_MISMATCH: {
    status: 400,
    retryable: false,
    text: 'digest mismatch, expected {expected}, got {actual}',
    remedy: 'Send the file again; what came has another hash than the address says.',
  },
  OD_BLOB_NOT_FOUND: {
    status: 404,
    retryable: false,
    text: 'blob {digest} not found',
    remedy: 'Send the file with POST to the same address.',
  },
  OD_BLOB_ABSENT: {
    status: 500,
    retryable: false,
    text: 'open /models/blobs/{file}: no such file or directory',
    remedy: 'Send the file with POST /api/blobs/DIGEST first.',
  },
  OD_CREATE_INFO: {
    status: 400,
    retryable: false,
    text: 'info field "{field}" must be a {type}',
    remedy: 'Send the field with the type named, or leave it out of "info".',
  },
  OD_CREATE_SOURCE: {
    status: 400,
    retryable: false,
    text: "neither 'from' or 'files' was specified",
    remedy: 'Name a model in "from", or a blob in "files".',
  },
  OD_CREATE_DIGEST: {
    status: 500,
    retryable: false,
    text: 'invalid digest format',
    remedy: 'Give each file its digest: "sha256:" and 64 hexadecimal digits.',
  },
  OD_CREATE_FILE_PATH: {
    status: 400,
    retryable: false,
    text: 'file path must be relative',
    remedy: 'Name files without a leading slash and without "..".',
  },
  OD_CREATE_FILE_TYPE: {
    status: 400,
    retryable: false,
    text: 'unknown type',
    remedy: 'Give a GGUF file.',
  },
  OD_CREATE_NOT_GGUF: {
    status: 400,
    retryable: false,
    text: 'supplied file was not in GGUF format',
    remedy: 'Give a GGUF file.',
  },
  OD_CREATE_TEMPLATE: {
    status: 400,
    retryable: false,
    text: 'template error: {reason}',
    remedy: 'Correct the template; the text names the place.',
  },
  OD_CREATE_LICENSE: {
    status: 500,
    retryable: false,
    text: '{reason}',
    remedy: 'Send "license" as a text or a list of texts.',
  },
  OD_CREATE_ADAPTERS: {
    status: 400,
    retryable: false,
    text: 'only one adapter is currently supported',
    remedy: 'Leave all adapters but one out.',
  },
  OD_CREATE_NOT_ADAPTER: {
    status: 400,
    retryable: false,
    text: 'the file given as an adapter is none',
    remedy: 'Give a LoRA adapter in GGUF, as `convert_lora_to_gguf.py` of llama.cpp makes it.',
  },
  OD_CREATE_REMOTE: {
    status: 400,
    retryable: false,
    text: 'bad remote',
    remedy: 'Give the URL of the server as "remote_host", for example http://192.168.1.5:11434.',
  },
  OD_CREATE_QUANTIZE_TYPE: {
    status: 500,
    retryable: false,
    text: 'unsupported quantization type {type} - supported types are F32, F16, Q4_K_S, Q4_K_M, Q8_0',
    remedy: 'Use one of the types named, or leave "quantize" out.',
  },
  OD_CREATE_QUANTIZED: {
    status: 500,
    retryable: false,
    text: 'quantization is only supported for F16, BF16 and F32 models',
    remedy: 'Leave "quantize" out, or start from a file that is not quantized.',
  },
  OD_QUANTIZE_FAILED: {
    status: 500,
    retryable: true,
    text: 'the weights could not be quantized: {reason}',
    remedy:
      'Try again; if it fails again, the file of the weights may be damaged, or memory too small.',
  },
  OD_CREATE_UNSUPPORTED: {
    status: 400,
    retryable: false,
    text: '{what} is not supported by this engine',
    remedy: 'Make the file ready elsewhere and create the model from one GGUF file.',
  },
  OD_NAME_INVALID: {
    status: 400,
    retryable: false,
    text: '{role} {name} is invalid',
    remedy: 'Use [host/][namespace/]model[:tag] with letters, digits, "_", "-" and ".".',
  },
  OD_NAME_SOURCES: {
    status: 400,
    retryable: false,
    text: 'use either :local or :cloud, not both: {name}',
    remedy: 'Leave one of the two words out.',
  },
  OD_COPY_SOURCE: {
    status: 404,
    retryable: false,
    text: 'model {name} not found',
    remedy: '`ollama-distributed models` lists what is there.',
  },
} as const satisfies Record<string, ErrorEntry>
