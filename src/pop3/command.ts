import { type Command, command, secretCommand } from '../session/command.ts'

/** Commands of RFC 1939, 2449, 2595 and 5034, one function each. */

export function capa(): Command {
  return command('CAPA')
}

export function stls(): Command {
  return command('STLS')
}

export function user(name: string): Command {
  return command('USER', name)
}

export function pass(password: string): Command {
  return secretCommand('PASS', '', password)
}

export function apop(name: string, digest: string): Command {
  return secretCommand('APOP', name, digest)
}

/** RFC 5034 §4. `=` is the empty initial response. */
export function auth(mechanism: string, initialResponse?: Buffer): Command {
  if (initialResponse === undefined) return command('AUTH', mechanism)
  return secretCommand(
    'AUTH',
    mechanism,
    initialResponse.length === 0 ? '=' : initialResponse.toString('base64'),
  )
}

export function stat(): Command {
  return command('STAT')
}

export function list(): Command {
  return command('LIST')
}

/** Without a number: the unique-id listing of all messages. */
export function uidl(number?: number): Command {
  return number === undefined ? command('UIDL') : command('UIDL', String(number))
}

export function retr(number: number): Command {
  return command('RETR', String(number))
}

export function top(number: number, lines: number): Command {
  return command('TOP', `${number} ${lines}`)
}

export function dele(number: number): Command {
  return command('DELE', String(number))
}

/** Takes all marks of DELE off again. */
export function rset(): Command {
  return command('RSET')
}

export function quit(): Command {
  return command('QUIT')
}
