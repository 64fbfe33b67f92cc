import { DOMAIN } from './accounts.ts'
import { dateTime } from './house.ts'
import type { Mailbox } from './mailbox.ts'

/** Where a recipient's copy goes. */
export interface Destination {
  /** As it was given in RCPT. */
  readonly recipient: string
  /** The address of the mailbox that it comes to: another one for an alias, and for mail that would have to be relayed. */
  readonly deliveredTo: string
  readonly mailbox: Mailbox
  /** It is another server's, and comes here only because the sandbox does not relay. */
  readonly relayed: boolean
}

/** What a server knows of a message it has taken, for the trace header fields. */
export interface Trace {
  readonly reversePath: string
  readonly hello: string
  readonly client: string
  /** `ESMTPSA` and its kin (RFC 3848, RFC 6531 §4.3). */
  readonly protocol: string
  readonly queueId: string
  readonly nowMs: number
}

/** One copy for each mailbox: the trace header fields (RFC 5321 §4.4), then the message as it came. */
export function deliver(
  message: readonly Buffer[],
  destinations: readonly Destination[],
  trace: Trace,
): void {
  for (const mailbox of new Set(destinations.map((destination) => destination.mailbox))) {
    const here = destinations.filter((destination) => destination.mailbox === mailbox)
    mailbox.add([traceFields(here, destinations.length, trace), ...message])
  }
}

function traceFields(here: readonly Destination[], recipients: number, trace: Trace): Buffer {
  const others = here.filter(({ recipient, deliveredTo }) => recipient.toLowerCase() !== deliveredTo)
  const hello = /^[\w.:[\]-]{1,255}$/.test(trace.hello) ? trace.hello : 'unknown'
  const client = trace.client.includes(':') ? `IPv6:${trace.client}` : trace.client
  // naming one of several recipients would tell the others of them (RFC 5321 §7.2)
  const forWhom = recipients === 1 ? `\r\n\tfor <${here[0]?.recipient ?? ''}>` : ''
  const fields = [
    `Return-Path: <${trace.reversePath}>`,
    ...others.map(({ recipient }) => `X-Original-To: ${recipient}`),
    `Delivered-To: ${here[0]?.deliveredTo ?? ''}`,
    `Received: from ${hello} ([${client}])`,
    `\tby ${DOMAIN} (Mailwire) with ${trace.protocol} id ${trace.queueId}${forWhom};`,
    `\t${dateTime(trace.nowMs)}`,
    '',
  ]
  return Buffer.from(fields.join('\r\n'))
}
