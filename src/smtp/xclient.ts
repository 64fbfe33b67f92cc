import type { Dialogue } from '../session/dialogue.ts'
import { Unmet } from '../session/outcome.ts'
import type { Session } from '../session/session.ts'
import { xclient } from './command.ts'
import { type Extensions, offeredIn } from './ehlo.ts'
import { requireExtension } from './parameters.ts'
import type { SmtpReply } from './reply.ts'
import { isAccepted, refusalOf } from './verdicts.ts'
import { xtext } from './xtext.ts'

export const XCLIENT_ATTRIBUTES = [
  'NAME',
  'ADDR',
  'PORT',
  'PROTO',
  'HELO',
  'LOGIN',
  'DESTADDR',
  'DESTPORT',
  'REVERSE_NAME',
] as const

/** Whom the server is to take this client for (Postfix's XCLIENT), which it allows to whom it trusts. */
export interface XclientWish {
  readonly attributes: readonly {
    readonly name: (typeof XCLIENT_ATTRIBUTES)[number]
    readonly value: string
  }[]
  readonly when: 'before-tls' | 'after-tls'
}

/** A command line may have 512 octets; several commands may follow one another. */
const LONGEST_LINE = 500

/**
 * Says XCLIENT; the server then starts over, and so must the hello.
 * @throws {Unmet} when it is not offered, or one of the attributes is not
 * @throws {Refusal} {Fault}
 */
export async function impersonate(
  session: Session<SmtpReply>,
  dialogue: Dialogue<SmtpReply>,
  wish: XclientWish,
  extensions: Extensions,
): Promise<void> {
  session.stage = 'hello'
  requireExtension(extensions, 'XCLIENT')
  const offered = new Set((extensions.get('XCLIENT') ?? []).map((name) => name.toUpperCase()))
  const missing = wish.attributes.filter(({ name }) => !offered.has(name))
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(', ')
    throw new Unmet('extension-not-offered', `XCLIENT is offered without ${names}`, {
      offered: offeredIn(extensions),
      keyword: 'XCLIENT',
    })
  }
  for (const line of linesOf(wish.attributes)) {
    const reply = await dialogue.command(xclient(line))
    if (!isAccepted(reply)) throw refusalOf(reply, 'XCLIENT')
  }
}

function linesOf(attributes: XclientWish['attributes']): string[] {
  const lines: string[] = []
  for (const { name, value } of attributes) {
    const attribute = `${name}=${xtext(value)}`
    const last = lines.at(-1)
    if (last !== undefined && last.length + attribute.length < LONGEST_LINE)
      lines[lines.length - 1] = `${last} ${attribute}`
    else lines.push(attribute)
  }
  return lines
}
