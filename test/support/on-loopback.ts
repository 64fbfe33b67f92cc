import type { Server, Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Listens on a free port until the test is over. @param sockets the connections that then still stand */
export async function onLoopback(server: Server, sockets: ReadonlySet<Socket>): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
