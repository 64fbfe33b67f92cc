import type { Opening } from '../smtp/open.ts'
import type { EnvelopeWishes } from '../smtp/parameters.ts'
import { XCLIENT_ATTRIBUTES, type XclientWish } from '../smtp/xclient.ts'
import { invalidRequest } from './problem.ts'
import type { EnvelopeFields, Xclient } from './schema/envelope.ts'
import type { SendBody } from './schema/send.ts'
import { fieldError, type Place } from './target.ts'

/**
 * How the session is to open and where it is to end.
 * @throws {Problem} 400
 */
export function openingOf(
  wishes: Pick<SendBody, 'hello' | 'xclient' | 'stopAfter' | 'dropAfter'>,
  name: string,
  place: Place,
): Opening {
  const { hello, xclient, stopAfter, dropAfter } = wishes
  if (stopAfter !== undefined && dropAfter !== undefined) {
    throw invalidRequest([fieldError('dropAfter', place, 'stopAfter stands beside it; keep one of them')])
  }
  const end =
    dropAfter !== undefined
      ? ({ after: dropAfter, how: 'drop' } as const)
      : stopAfter !== undefined
        ? ({ after: stopAfter, how: 'quit' } as const)
        : undefined
  return { hello: { name, verb: hello?.verb ?? 'auto' }, xclient: xclientOf(xclient), end }
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
