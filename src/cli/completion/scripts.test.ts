import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { commandGroups, commandTable } from '../command-table.ts'
import { completionScript } from './scripts.ts'

/** What bash offers after these words; the last one is being typed. */
function offered(...words: string[]): string[] {
  const script = `${completionScript('bash', commandTable, commandGroups)}
    COMP_WORDS=(ollama-distributed "$@"); COMP_CWORD=$#
    _ollama_distributed; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr, status } = spawnSync('bash', ['-c', script, 'bash', ...words], {
    timeout: 20_000,
  })
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' })
  return stdout
    .toString()
    .split('\n')
    .filter((word) => word !== '')
}

describe('in bash', () => {
  test('the first word is a command or a group, each once', () => {
    const all = offered('')
    const firsts = commandTable.map(({ name }) => name.split(' ')[0] ?? '')
    expect(all.toSorted()).toEqual([...new Set([...firsts, 'help'])].toSorted())
    expect(offered('ver')).toEqual(['verify', 'version'])
  })

  test('the second word of a group, and the options of a command inside it', () => {
    expect(offered('config', '').toSorted()).toEqual(['check', 'explain', 'schema', 'show'])
    expect(offered('config', 'explain', 'ollama.port', '--dat')).toEqual(['--data-dir'])
    expect(offered('config', 's').toSorted()).toEqual(['schema', 'show'])
  })

  test('the options of a command and of its other names', () => {
    expect(offered('stop', '--')).toEqual(['--data-dir', '--now'])
    expect(offered('models', '--j')).toEqual(['--json'])
    expect(offered('ls', '--j')).toEqual(['--json'])
  })
})

test('fish gets one line for each word, with its meaning in quotes that hold', () => {
  const script = completionScript('fish', commandTable, commandGroups)
  expect(script).toContain("-n '__fish_use_subcommand' -f -a verify -d '")
  expect(script).toContain("-f -a config -d 'Check, show and explain the configuration'")
  expect(script).toContain(
    "-n '__fish_seen_subcommand_from config; and __fish_seen_subcommand_from check' -l json -d '",
  )
  for (const line of script.trimEnd().split('\n').slice(1)) {
    expect(line).toMatch(/^complete -c ollama-distributed -n '[^']+' \S+.* -d '(?:[^'\\]|\\.)*'$/)
  }
})
