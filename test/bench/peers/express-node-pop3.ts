import type { AddressInfo } from 'node:net'
import express, { type Request } from 'express'
import Pop3Command from 'node-pop3'

/** What one would write in an afternoon: a session for each call, and node-pop3's answer as JSON. */
const app = express()

app.get('/stat', async (request, response) => {
  response.json(await asked(request, (pop3) => pop3.STAT()))
})
app.get('/list', async (request, response) => {
  response.json(await asked(request, async (pop3) => [await pop3.LIST(), await pop3.UIDL()]))
})
app.get('/retr', async (request, response) => {
  const messages: string[] = []
  await asked(request, async (pop3) => {
    for (let n = 1; n <= Number(request.query['n']); n += 1) messages.push(await pop3.RETR(n))
  })
  response.json(messages)
})
app.get('/dele', async (request, response) => {
  response.json(
    await asked(request, async (pop3) => {
      for (let n = 1; n <= Number(request.query['n']); n += 1) await pop3.DELE(n)
      return {}
    }),
  )
})

async function asked<T>(request: Request, ask: (pop3: Pop3Command) => Promise<T>): Promise<T> {
  const { port, user } = request.query as Record<string, string>
  const pop3 = new Pop3Command({
    host: '127.0.0.1',
    port: Number(port),
    user: user ?? '',
    password: 'secret',
  })
  const answer = await ask(pop3)
  await pop3.QUIT()
  return answer
}

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
