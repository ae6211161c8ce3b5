/* The first step, before anything is installed: are the ports to be had? */
'use strict'

const { existsSync } = require('node:fs')
const { get } = require('node:http')
const { join } = require('node:path')
const { freePortNear, holderOfPort, portState } = require('../../bin/ports.cjs')
const { flagOf, portOf, startLine } = require('./flags.cjs')
const { dataDirOf, userDir } = require('./places.cjs')
const { Stop } = require('./stop.cjs')

const gatewayPortDefault = 8080
const ollamaPortDefault = 11_434
const loopback = '127.0.0.1'

/** An Ollama on this machine says what it is in a millisecond; a busy one is left for the node to judge. */
const answerTimeoutMs = 1_000

/**
 * Gives the text of the step's line; throws a `Stop` when a port is held by somebody who cannot be used.
 * @param {readonly string[]} args flags of `start`
 */
async function checkPorts(args) {
  const isFilePresent = hasConfigFile(args)
  const gateway = portOf(args, '--port') ?? (isFilePresent ? undefined : gatewayPortDefault)
  const ollama = portOf(args, '--ollama-port') ?? (isFilePresent ? undefined : ollamaPortDefault)
  const host = flagOf(args, '--listen') || loopback
  const parts = []
  if (gateway !== undefined) parts.push(await checkGateway(host, gateway, args))
  if (ollama !== undefined) parts.push(await checkOllama(ollama, args))
  if (isFilePresent) parts.push('the rest is in the configuration file')
  return parts.join(', ')
}

/**
 * @param {string} host
 * @param {number} port
 * @param {readonly string[]} args
 */
async function checkGateway(host, port, args) {
  const state = await portState(host, port)
  if (state === 'unavailable') throw new Stop(`${host} is not an address of this machine.`)
  if (state !== 'free') throw await notToBeHad({ state, host, port, args, flag: '--port' })
  return port === 0 ? 'any port' : `${port} is free`
}

/**
 * @param {number} port
 * @param {readonly string[]} args
 */
async function checkOllama(port, args) {
  const state = await portState(loopback, port)
  if (state === 'free') return port === 0 ? 'any for Ollama' : `${port} is free`
  const answer = state === 'taken' ? await whoAnswers(port) : 'other'
  if (answer === 'ollama') return `an Ollama answers at ${port}`
  if (answer === 'nobody') return `${port} is taken by a program that does not answer`
  throw await notToBeHad({ state, host: loopback, port, args, flag: '--ollama-port' })
}

/**
 * @param {{ state: string, host: string, port: number, args: readonly string[], flag: string }} what
 * @returns {Promise<Error>}
 */
async function notToBeHad({ state, host, port, args, flag }) {
  const other = await freePortNear(host, port)
  const remedy =
    other === undefined
      ? `Choose another one with ${flag}.`
      : `Choose another one:  ${startLine(args, flag, other)}`
  if (state === 'forbidden') {
    return new Stop(`Port ${port} is reserved for root on this machine.`, { remedy })
  }
  return new Stop(`Port ${port} is taken${holderText(host, port)}.`, { remedy })
}

/**
 * @param {string} host
 * @param {number} port
 */
function holderText(host, port) {
  const { pid, command, user } = holderOfPort(host, port) ?? {}
  const owner = user === undefined ? '' : ` of user ${user}`
  if (pid === undefined) return user === undefined ? '' : ` by a process${owner}`
  return ` by process ${pid}${owner}${command ? `: ${command}` : ''}`
}

/**
 * Ollama answers `/` with this text (Ollama server/routes.go), and so does our own engine.
 * @param {number} port
 * @returns {Promise<'ollama' | 'other' | 'nobody'>}
 */
function whoAnswers(port) {
  const greeting = 'Ollama is running'
  const signal = AbortSignal.timeout(answerTimeoutMs)
  return new Promise((resolve) => {
    const request = get({ host: loopback, port, path: '/', signal }, (response) => {
      let text = ''
      const decide = () => {
        resolve(text.startsWith(greeting) ? 'ollama' : 'other')
        request.destroy()
      }
      response.setEncoding('utf8').on('data', (part) => {
        text += part
        if (text.length >= greeting.length) decide()
      })
      response.once('end', decide)
    })
    request.on('error', () => resolve(signal.aborted ? 'nobody' : 'other'))
  })
}

/**
 * A configuration file may name the ports, and only the program can read it.
 * @param {readonly string[]} args
 */
function hasConfigFile(args) {
  if (flagOf(args, '--config') !== undefined) return true
  const folders = [userDir, dataDirOf(flagOf(args, '--data-dir'))]
  return folders.some((folder) => existsSync(join(folder, 'ollama-distributed.yaml')))
}

module.exports = { checkPorts }
