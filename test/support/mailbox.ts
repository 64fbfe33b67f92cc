import type { Response } from 'supertest'
import type { TestService } from './service.ts'

/** How many messages bob has in the sandbox. */
export async function countOf(mailwire: TestService, user = 'bob'): Promise<number> {
  const { body } = await mailwire.agent.get('/pop3/stat').auth(user, 'sandbox').expect(200)
  return (body as { messages: number }).messages
}

/** The newest message in the sandbox's mailbox, octet for octet, and without the trace fields that the sandbox adds. */
export async function newestOf(mailwire: TestService, user = 'bob'): Promise<Buffer> {
  const number = await countOf(mailwire, user)
  const { body } = await mailwire.agent
    .get(`/pop3/messages/${number}`)
    .auth(user, 'sandbox')
    .set('Accept', 'message/rfc822')
    .buffer(true)
    .parse(octetsOf)
    .expect(200)
  const octets = body as Buffer
  // Return-Path, perhaps X-Original-To, Delivered-To, Received and its two folded lines
  const trace = /^(?:(?:Return-Path|X-Original-To|Delivered-To|Received): .*\r\n(?:\t.*\r\n)*)*/.exec(
    octets.toString('latin1'),
  )
  return octets.subarray(trace?.[0].length ?? 0)
}

/** The body of an answer as octets, for superagent. */
export function octetsOf(response: Response, done: (error: Error | null, octets: Buffer) => void): void {
  const chunks: Buffer[] = []
  const stream = response as unknown as NodeJS.ReadableStream
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('end', () => done(null, Buffer.concat(chunks)))
}

/** What this service said in a session, verb by verb. */
export function verbsOf(response: Response): string[] {
  const { transcript } = response.body as { transcript: { entries: { kind: string; line?: string }[] } }
  return transcript.entries.flatMap(({ kind, line = '' }) =>
    kind === 'command' ? [line.split(' ', 1)[0] ?? ''] : [],
  )
}

/** The codes of the findings of a session. */
export function findingsOf(response: Response): string[] {
  const { transcript } = response.body as { transcript: { findings: { code: string }[] } }
  return transcript.findings.map(({ code }) => code)
}
