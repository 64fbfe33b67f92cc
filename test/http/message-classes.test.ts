import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import express from 'express'
import { expect, test } from 'vitest'
import { messageClasses } from '../../src/http/message-classes.ts'
import { ofOneHiddenClass } from '../support/hidden-class.ts'
import { onLoopback } from '../support/on-loopback.ts'

test('what an application has handled is of one hidden class, and Express is none the wiser', async () => {
  const app = express()
  const requests: IncomingMessage[] = []
  const responses: ServerResponse[] = []
  app.get('/', (request, response) => {
    requests.push(request)
    responses.push(response)
    response.json({ own: request.app === app && response.req === request, accept: request.get('Accept') })
  })
  const port = await onLoopback(createServer(messageClasses(app), app), new Set())
  for (let n = 0; n < 4; n += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, {
      headers: { Accept: 'text/x', Connection: 'close' },
    })
    expect(await answer.json()).toEqual({ own: true, accept: 'text/x' })
  }
  expect(ofOneHiddenClass(requests[2], requests[3])).toBe(true)
  expect(ofOneHiddenClass(responses[2], responses[3])).toBe(true)
})
