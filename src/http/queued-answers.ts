import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestHandler } from 'express'

/**
 * A caller may send several requests at once (RFC 9112 §9.3.2). When it leaves, Node tells that only to the answer that is
 * being written; those that stand in line behind it are told here, so that their sessions end too.
 */
export function queuedAnswers(): RequestHandler {
  const unanswered = new WeakMap<IncomingMessage['socket'], Set<ServerResponse>>()
  return (request, response, next) => {
    const { socket } = request
    const known = unanswered.get(socket)
    const answers = known ?? new Set<ServerResponse>()
    if (known === undefined) {
      unanswered.set(socket, answers)
      socket.once('close', () => {
        for (const answer of answers) if (answer.socket === null) abandon(answer)
      })
    }
    answers.add(response)
    response.once('close', () => answers.delete(response))
    next()
  }
}

function abandon(answer: ServerResponse): void {
  answer.destroy()
  answer.emit('close')
}
