import { REDACTED } from '../text/secret.ts'
import { visibleText } from '../text/visible.ts'

/** A line to the server, and how it may be shown. Only the functions of this file make one. */
export interface Command {
  readonly verb: string
  /** What goes out, CRLF included. */
  readonly octets: Buffer
  /** What the transcript shows, without CRLF. */
  readonly shown: string
  readonly redacted: boolean
}

/** A line break or NUL would turn one command into two; that is never sent and never repaired. */
export class ForbiddenOctet extends Error {
  override readonly name = 'ForbiddenOctet'
}

/**
 * A command line; the one gate for CR, LF and NUL.
 * @throws {ForbiddenOctet}
 */
export function command(verb: string, argument?: string): Command {
  const line = argument === undefined ? verb : `${verb} ${argument}`
  return { verb, octets: lineOf(line), shown: visibleText(line), redacted: false }
}

/**
 * A command line of which only the beginning may be seen: `AUTH PLAIN ***`. With an empty verb the whole line is
 * secret, as a SASL response is.
 * @throws {ForbiddenOctet}
 */
export function secretCommand(verb: string, beginning: string, secret: string): Command {
  const before = [verb, beginning].filter((word) => word !== '').join(' ')
  const octets = lineOf(before === '' ? secret : `${before} ${secret}`)
  return { verb, octets, shown: before === '' ? REDACTED : `${before} ${REDACTED}`, redacted: true }
}

/**
 * A caller's own line, whatever it is.
 * @param secrets what may not be seen, wherever in the line it stands
 * @param hiddenFrom where the part begins of which nothing may be seen
 * @throws {ForbiddenOctet}
 */
export function ownCommand(line: string, secrets: readonly string[], hiddenFrom = line.length): Command {
  const octets = lineOf(line)
  const open = secrets.reduce((text, secret) => text.replaceAll(secret, REDACTED), line.slice(0, hiddenFrom))
  const shown = visibleText(open) + (hiddenFrom < line.length ? REDACTED : '')
  const verb = /^[A-Za-z]+/.exec(open)?.[0] ?? ''
  return { verb, octets, shown, redacted: open !== line }
}

function lineOf(text: string): Buffer {
  if (/[\r\n\0]/.test(text)) throw new ForbiddenOctet('a command cannot hold a line break or NUL')
  return Buffer.from(`${text}\r\n`)
}
