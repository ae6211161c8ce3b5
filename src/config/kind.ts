import { z } from 'zod'
import { limits } from './limits.ts'

/** A value as a configuration file spells it. */
export type Spelled = string | number | boolean | Readonly<Record<string, string>>

/**
 * What values a setting takes. Every message of `schema` continues the sentence "… is X; expected ".
 * `Suffix` is appended to the setting's name in `Settings`, so that units stand in names there.
 */
export interface Kind<Value, Suffix extends '' | 'Ms' = ''> {
  /** One word for it, as reference pages print it. */
  readonly name: string
  readonly suffix: Suffix
  /** Which values are right, as a noun phrase. */
  readonly expected: string
  /** A right value in YAML, for settings whose default is no help as an example. */
  readonly example?: string
  /** From the value that YAML gives to the value that the program uses. */
  readonly schema: z.ZodType<Value>
  /** From the text of a flag or an environment variable to what `schema` takes; the text is never empty. */
  fromText(text: string): unknown
  /** The value as a file spells it. */
  spell(value: Value): Spelled
}

/** A whole number; both bounds are allowed. */
export function wholeNumber(
  min: number,
  max: number,
  expected = `a whole number from ${min} to ${max}`,
): Kind<number> {
  return {
    name: 'whole number',
    suffix: '',
    expected,
    schema: z.int(expected).min(min, expected).max(max, expected),
    fromText: (text) => (/^-?\d+$/.test(text) ? Number(text) : text),
    spell: (value) => value,
  }
}

/** A TCP port; 0 lets the system choose a free one. */
export const port: Kind<number> = {
  ...wholeNumber(0, 65_535, 'a port from 0 to 65535, where 0 means any free one'),
  name: 'port',
}

/** Go's `strconv.ParseBool` takes these and their like for false; Ollama takes any other text for true. */
const falseTexts = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False'])

/** True or false. Texts are read as Ollama reads its variables. Source: Ollama envconfig/config.go. */
export const yesOrNo: Kind<boolean> = {
  name: 'true or false',
  suffix: '',
  expected: 'true or false',
  schema: z.boolean('true or false'),
  fromText: (text) => !falseTexts.has(text),
  spell: (value) => value,
}

/** One of several names. */
export function choice<const Name extends string>(names: readonly Name[]): Kind<Name> {
  const expected = `one of ${names.join(', ')}`
  return {
    name: 'choice',
    suffix: '',
    expected,
    schema: z.enum(names, expected),
    fromText: (text) => text.toLowerCase(),
    spell: (value) => value,
  }
}

const addressExpected = 'an IP address or localhost, without a port'

/** An address of this machine that can be listened on. Names are refused: what they stand for can change. */
export const address: Kind<string> = {
  name: 'address',
  suffix: '',
  expected: addressExpected,
  schema: z.union([z.ipv4(), z.ipv6(), z.literal('localhost')], addressExpected),
  fromText: (text) => text,
  spell: (value) => value,
}

const nameExpected = 'a name of at most 64 letters, digits, `.`, `_` and `-`'

/** What people call a node; empty leaves it to the machine. */
export const nodeName: Kind<string> = {
  name: 'name',
  suffix: '',
  expected: nameExpected,
  example: 'desk',
  schema: z.string(nameExpected).regex(/^[\w.-]{0,64}$/, nameExpected),
  fromText: (text) => text,
  spell: (value) => value,
}

const pathExpected = 'the path of a folder'
const programExpected = 'the path of a program'

/** A folder. `resolve.ts` makes it absolute, because that needs to know where it was written. */
export const path: Kind<string> = {
  name: 'path',
  suffix: '',
  expected: pathExpected,
  example: '"/srv/ollama"',
  schema: z
    .string(pathExpected)
    .min(1, pathExpected)
    .max(limits.pathCharactersMax, pathExpected)
    .refine((text) => !text.includes('\0'), pathExpected),
  fromText: (text) => text,
  spell: (value) => value,
}

/** A program's file, made absolute as a folder is; empty leaves it to `PATH`. */
export const program: Kind<string> = {
  ...path,
  expected: programExpected,
  example: '"/usr/local/bin/ollama"',
  schema: z
    .string(programExpected)
    .max(limits.pathCharactersMax, programExpected)
    .refine((text) => !text.includes('\0'), programExpected),
}
