import { createServer } from 'node:http'

/** Tells mail servers whose a token is (RFC 7662). */
export interface Introspection {
  readonly url: string
  stop(): Promise<void>
}

/** @param owners the user of each token; no other token is valid */
export async function startIntrospection(owners: Readonly<Record<string, string>>): Promise<Introspection> {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      const username = owners[new URLSearchParams(body).get('token') ?? '']
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify(username === undefined ? { active: false } : { active: true, username }))
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/introspect`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
