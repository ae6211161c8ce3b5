/**
 * Asks a gateway for a model again and again until it is answered, from whichever host it is started on. Arguments: the
 * origin of the gateway, the model. Prints the id of the node that served it.
 */
const [, , origin = '', model = ''] = process.argv

for (;;) {
  const answer = await fetch(`${origin}/api/generate`, {
    method: 'POST',
    body: JSON.stringify({ model, prompt: 'p', stream: false }),
  }).catch(() => undefined)
  const text = await answer?.text()
  if (answer?.status === 200 && text?.includes('"done":true')) {
    process.stdout.write(`${answer.headers.get('x-od-node')}\n`)
    break
  }
  await new Promise((resolve) => {
    setTimeout(resolve, 20)
  })
}
