import { expect, test } from 'vitest'
import { rawRequest } from '../../support/raw-http.ts'
import { answerJson } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const models = [{ name: 'm:latest', digest: 'd', modified_at: '' }]
const loaded = [{ name: 'm:latest', digest: 'd', expires_at: '' }]
/** The roster of these tests would take an engine out that dies twice in this time. */
const limits = { deathNoticeMs: 0 }
const request = { path: '/api/generate', body: '{"model":"m","prompt":"x"}' }

test('an engine that breaks five requests off is left alone while another has the model', async () => {
  const broken = await startEngine(({ socket }) => void socket.resetAndDestroy())
  const good = await startEngine(({ response }) => answerJson(response, 200, '{"done":true}'))
  const facts = [
    { id: 'broken', url: broken.url, models, loaded },
    { id: 'good', url: good.url, models },
  ]
  const { origin } = await startBench(facts, { limits })
  for (let i = 0; i < 12; i++) expect((await rawRequest(origin, request)).status).toBe(200)
  expect([broken.received.length, good.received.length]).toEqual([5, 12])
})

test('the only engine that has the model is asked however often it failed', async () => {
  let isWell = false
  const only = await startEngine(({ response, socket }) => {
    if (isWell) answerJson(response, 200, '{"done":true}')
    else socket.resetAndDestroy()
  })
  const { origin } = await startBench([{ id: 'only', url: only.url, models }], { limits })
  for (let i = 0; i < 6; i++) expect((await rawRequest(origin, request)).status).toBe(500)
  isWell = true
  expect((await rawRequest(origin, request)).status).toBe(200)
})
