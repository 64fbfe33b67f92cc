import type { AddressInfo } from 'node:net'
import express from 'express'
import { createTransport, type SendMailOptions } from 'nodemailer'
import type { Options } from 'nodemailer/lib/smtp-transport'

/** What one would write in an afternoon: a mail goes out, and the answer says what nodemailer knows of it. */
const app = express()
app.use(express.json({ limit: '400mb' }))

app.post('/send', async (request, response) => {
  const { server, message } = request.body as { server: Options; message: SendMailOptions }
  const transport = createTransport({ ...server, tls: { rejectUnauthorized: false } })
  response.json(await transport.sendMail(message))
})

app.post('/stream', async (request, response) => {
  const { port, from, to } = request.query as Record<string, string>
  const transport = createTransport({ host: '127.0.0.1', port: Number(port) })
  response.json(await transport.sendMail({ envelope: { from: from ?? '', to: to ?? '' }, raw: request }))
})

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
