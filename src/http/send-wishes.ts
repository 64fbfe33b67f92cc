import type { Opening } from '../smtp/open.ts'
import type { EnvelopeWishes } from '../smtp/parameters.ts'
import { XCLIENT_ATTRIBUTES, type XclientWish } from '../smtp/xclient.ts'
import { invalidRequest } from './problem.ts'
import type { EnvelopeFields, Xclient } from './schema/envelope.ts'
import type { SendBody } from './schema/send.ts'

/**
 * How the session is to open and where it is to end.
 * @throws {Problem} 400
 */
export function openingOf(body: SendBody, name: string): Opening {
  if (body.stopAfter !== undefined && body.dropAfter !== undefined) {
    throw invalidRequest([{ pointer: '/dropAfter', detail: 'stopAfter stands beside it; keep one of them' }])
  }
  const end =
    body.dropAfter !== undefined
      ? ({ after: body.dropAfter, how: 'drop' } as const)
      : body.stopAfter !== undefined
        ? ({ after: body.stopAfter, how: 'quit' } as const)
        : undefined
  return { hello: { name, verb: body.hello?.verb ?? 'auto' }, xclient: xclientOf(body.xclient), end }
}

/** What is asked of the server along with the envelope. */
export function wishesOf(envelope: EnvelopeFields | undefined): EnvelopeWishes {
  if (envelope === undefined) return {}
  const { dsn, body, auth, requireTls, priority, holdFor, holdUntil, deliverBy, prdr, parameters } = envelope
  return {
    ...(dsn === undefined ? {} : { dsn }),
    ...(body === undefined ? {} : { body }),
    ...(auth === undefined ? {} : { auth }),
    ...(requireTls === undefined ? {} : { requireTls: 'wanted' }),
    ...(priority === undefined ? {} : { priority }),
    ...(holdFor === undefined ? {} : { hold: { seconds: holdFor } }),
    ...(holdUntil === undefined
      ? {}
      : { hold: { until: new Date(holdUntil).toISOString().replace(/\.\d+Z$/, 'Z') } }),
    ...(deliverBy === undefined
      ? {}
      : {
          deliverBy: {
            seconds: deliverBy.seconds,
            mode: deliverBy.mode === 'return' ? 'R' : 'N',
            trace: deliverBy.trace === true ? 'wanted' : 'not-wanted',
          },
        }),
    ...(prdr === undefined ? {} : { prdr: 'wanted' }),
    ...(parameters?.mail === undefined ? {} : { mail: parameters.mail }),
    ...(parameters?.rcpt === undefined ? {} : { rcpt: parameters.rcpt }),
  }
}

/** Postfix's names are the fields' names without capitals and with underscores. */
function xclientOf(xclient: Xclient | undefined): XclientWish | undefined {
  if (xclient === undefined) return undefined
  const { beforeTls, ...fields } = xclient
  const given = new Map(
    Object.entries(fields).map(([field, value]) => [
      field.toUpperCase(),
      value === undefined ? undefined : String(value),
    ]),
  )
  const attributes = XCLIENT_ATTRIBUTES.flatMap((name) => {
    const value = given.get(name.replace('_', ''))
    return value === undefined ? [] : [{ name, value }]
  })
  return { attributes, when: beforeTls === true ? 'before-tls' : 'after-tls' }
}
