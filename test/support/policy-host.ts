import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Issued } from './certificates.ts'

/** A web server that gives MTA-STS policies, on a free port of 127.0.0.1. */
export interface PolicyHost {
  readonly port: number
  /** `GET path host` of every request so far. */
  readonly asked: readonly string[]
  /** The names that clients sent in the handshake. */
  readonly names: readonly string[]
  close(): Promise<void>
}

export type PolicyAnswer = (response: ServerResponse, request: IncomingMessage) => void

/** A policy as it should be given. */
export function policy(text: string): PolicyAnswer {
  return (response) => response.setHeader('content-type', 'text/plain; charset=utf-8').end(text)
}

/** @param answers by host; 404 for others */
export async function startPolicyHost(
  certificate: Issued,
  answers: Readonly<Record<string, PolicyAnswer>>,
): Promise<PolicyHost> {
  const asked: string[] = []
  const names: string[] = []
  const server = createServer({ ...certificate }, (request, response) => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '')
    asked.push(`${request.method} ${request.url} ${host}`)
    const answer = answers[host]
    if (answer === undefined) response.writeHead(404).end()
    else answer(response, request)
  })
  server.on('tlsClientError', () => undefined)
  server.on('secureConnection', ({ servername }) => names.push(String(servername)))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    names,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
