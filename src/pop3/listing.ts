import { Fault } from '../session/outcome.ts'
import { visible } from '../text/visible.ts'

/** A message number and what stands beside it: a size in octets, or a unique-id. */
export interface ScanLine {
  readonly number: number
  readonly octets: number
}

export interface UniqueIdLine {
  readonly number: number
  /** As given; octets that are not printable as `\xNN`. */
  readonly uid: string
}

/** RFC 1939 §5: `message-number SP octets`, and perhaps more behind it that is not ours to read. */
const SCAN = /^([0-9]{1,16}) +([0-9]{1,16})(?: .*)?$/s
/** RFC 1939 §7 UIDL: number, blanks (some servers send three), the id. */
const UNIQUE_ID = /^([0-9]{1,16})((?: |\\x09)+)(.+)$/s

/**
 * @param line one character an octet
 * @throws {Fault} `protocol` when it is no scan listing, or a number is beyond 2^53−1
 */
export function scanLine(line: string): ScanLine {
  const [, number, size] = SCAN.exec(line) ?? []
  if (number === undefined || size === undefined) {
    throw new Fault(
      'protocol',
      `a line of LIST is no scan listing: ${visible(Buffer.from(line.slice(0, 100), 'latin1'))}`,
    )
  }
  return { number: messageNumber(number), octets: count(size, 'size') }
}

/**
 * @param text the line as `visible` shows it, so that the unique-id is spelt as callers will see it
 * @returns undefined when the line is no unique-id listing: UIDL follows LIST, and is allowed to be odd
 */
export function uniqueIdLine(text: string): (UniqueIdLine & { readonly blanks: number }) | undefined {
  const [, number, blanks, uid] = UNIQUE_ID.exec(text) ?? []
  if (number === undefined || blanks === undefined || uid === undefined) return undefined
  if (!Number.isSafeInteger(Number(number)) || Number(number) < 1) return undefined
  return { number: Number(number), blanks: blanks.length, uid }
}

/** `+OK count octets` of STAT (RFC 1939 §5). @throws {Fault} */
export function statLine(text: string): { readonly messages: number; readonly octets: number } {
  const [, messages, octets] = /^([0-9]{1,16}) +([0-9]{1,16})(?: .*)?$/s.exec(text) ?? []
  if (messages === undefined || octets === undefined) {
    throw new Fault('protocol', 'the reply to STAT does not give a number of messages and a size')
  }
  return { messages: count(messages, 'number of messages'), octets: count(octets, 'size') }
}

function messageNumber(digits: string): number {
  const number = count(digits, 'message number')
  if (number < 1) throw new Fault('protocol', 'the server listed a message with number 0')
  return number
}

function count(digits: string, what: string): number {
  const value = Number(digits)
  if (!Number.isSafeInteger(value)) throw new Fault('protocol', `the server gave a ${what} above 2^53−1`)
  return value
}
