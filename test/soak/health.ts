/*
 * Asks /livez ten times a second from a process of its own, so that what it measures is the service and not the crowd
 * of callers. Says that it begins when a first answer has loaded and compiled what asking takes, and how long each
 * answer took from then on when it is told to end.
 */

const EVERY_MS = 100

const url = process.argv[2] ?? ''
const tookMs: number[] = []
let over = false

process.on('message', () => {
  over = true
})

await ask()
process.send?.('begins')
while (!over) {
  const began = performance.now()
  await ask()
  const took = performance.now() - began
  tookMs.push(took)
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, EVERY_MS - took)))
}
process.send?.(tookMs, () => process.exit(0))

async function ask(): Promise<void> {
  const answer = await fetch(`${url}/livez`)
  await answer.arrayBuffer()
  if (answer.status !== 200) throw new Error(`/livez was answered ${answer.status}`)
}
