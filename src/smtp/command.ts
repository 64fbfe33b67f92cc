import { type Command, command, secretCommand } from '../session/command.ts'

/** Commands of RFC 5321 §4.1.1 and of the extensions, one function each. */

export function ehlo(name: string): Command {
  return command('EHLO', name)
}

export function helo(name: string): Command {
  return command('HELO', name)
}

/** RFC 2033 §4.1. */
export function lhlo(name: string): Command {
  return command('LHLO', name)
}

/** Postfix's XCLIENT. @param attributes `NAME=value`, xtext */
export function xclient(attributes: string): Command {
  return command('XCLIENT', attributes)
}

export function startTls(): Command {
  return command('STARTTLS')
}

/** @param path with its brackets; `<>` is the null reverse-path */
export function mail(path: string, parameters: readonly string[] = []): Command {
  return command('MAIL', [`FROM:${path}`, ...parameters].join(' '))
}

export function rcpt(path: string, parameters: readonly string[] = []): Command {
  return command('RCPT', [`TO:${path}`, ...parameters].join(' '))
}

export function data(): Command {
  return command('DATA')
}

/** RFC 3030 §2: so many octets follow, and they are the last. */
export function bdatLast(octets: number): Command {
  return command('BDAT', `${octets} LAST`)
}

export function rset(): Command {
  return command('RSET')
}

export function noop(): Command {
  return command('NOOP')
}

export function quit(): Command {
  return command('QUIT')
}

/** RFC 4954 §4. `=` is the empty initial response. */
export function auth(mechanism: string, initialResponse?: Buffer): Command {
  if (initialResponse === undefined) return command('AUTH', mechanism)
  return secretCommand(
    'AUTH',
    mechanism,
    initialResponse.length === 0 ? '=' : initialResponse.toString('base64'),
  )
}

/** A SASL response: a line of its own, base64, never shown. */
export function authResponse(response: Buffer): Command {
  return secretCommand('', '', response.toString('base64'))
}

/** RFC 4954 §4: ends the exchange without a result. */
export function authCancel(): Command {
  return command('*')
}
