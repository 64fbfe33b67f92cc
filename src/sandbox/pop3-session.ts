import { randomBytes } from 'node:crypto'
import { DotStuffer } from '../text/dots.ts'
import { visible } from '../text/visible.ts'
import { type Account, accountByApop, accountOf, DOMAIN } from './accounts.ts'
import { characterOf } from './characters.ts'
import { type Connection, Hangup } from './connection.ts'
import type { House } from './house.ts'
import { Maildrop } from './maildrop.ts'
import { credentialsBy, MECHANISMS, mechanismNamed } from './sasl-login.ts'

const FAILED = '-ERR [AUTH] Authentication failed.'
const NEEDS_TLS = '-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.'

/** One POP3 session from greeting to the end of the connection; only QUIT deletes anything. */
export async function pop3Session(connection: Connection, house: House): Promise<void> {
  const session = new Pop3Session(connection, house)
  try {
    await session.run()
  } catch (error) {
    if (!(error instanceof Hangup)) throw error
    if (error.reason === 'idle') connection.say('-ERR Disconnected for inactivity.')
    if (error.reason === 'line-too-long') connection.say('-ERR Input buffer full, aborting')
  } finally {
    session.leave()
    connection.end()
  }
}

class Pop3Session {
  readonly #connection: Connection
  readonly #house: House
  readonly #timestamp: string
  #user: string | undefined
  #maildrop: Maildrop | undefined
  #errors = 0
  #over = false

  constructor(connection: Connection, house: House) {
    this.#connection = connection
    this.#house = house
    this.#timestamp = `<${randomBytes(8).toString('hex')}.${house.now()}@${DOMAIN}>`
  }

  async run(): Promise<void> {
    this.#connection.say(`+OK Mailwire POP3 ready. ${this.#timestamp}`)
    while (!this.#over) {
      // latin1 keeps each octet of a password apart; accounts are ASCII
      const text = (await this.#connection.line()).toString('latin1')
      const space = text.indexOf(' ')
      const verb = (space === -1 ? text : text.slice(0, space)).toUpperCase()
      const argument = space === -1 ? '' : text.slice(space + 1)
      const maildrop = this.#maildrop
      const answer =
        maildrop === undefined
          ? await this.#authorization(verb, argument)
          : await this.#transaction(verb, argument, maildrop)
      for (const line of answer) this.#connection.say(line)
      if (/^-ERR (?:Unknown|\[AUTH\])/.test(answer[0] ?? '')) this.#errors += 1
      if (this.#errors >= this.#house.limits.maxErrors) {
        this.#connection.say('-ERR Too many invalid bad commands.')
        return
      }
    }
  }

  /** The lock is given back, whatever ended the session. */
  leave(): void {
    this.#maildrop?.leave()
  }

  /** The lines that answer a command; none when all was said on the way. */
  async #authorization(verb: string, argument: string): Promise<readonly string[]> {
    switch (verb) {
      case 'CAPA':
        return this.#capa()
      case 'STLS':
        return await this.#stls(argument)
      case 'USER':
        if (!this.#connection.secure) return [NEEDS_TLS]
        this.#user = argument
        return ['+OK']
      case 'PASS':
        if (!this.#connection.secure) return [NEEDS_TLS]
        if (this.#user === undefined) return ['-ERR No username given.']
        return this.#logIn(accountOf(this.#user, argument))
      case 'APOP': {
        const [user = '', digest = ''] = argument.split(' ')
        return this.#logIn(accountByApop(user, this.#timestamp, digest))
      }
      case 'AUTH':
        return await this.#auth(argument)
      case 'QUIT':
        this.#over = true
        return ['+OK Logging out']
      default:
        return ['-ERR Unknown command.']
    }
  }

  async #transaction(verb: string, argument: string, maildrop: Maildrop): Promise<readonly string[]> {
    switch (verb) {
      case 'CAPA':
        return this.#capa()
      case 'NOOP':
        return ['+OK']
      case 'QUIT':
        this.#over = true
        return [maildrop.update() > 0 ? '+OK Logging out, messages deleted.' : '+OK Logging out.']
      case 'RETR':
      case 'TOP': {
        const found = verb === 'RETR' ? maildrop.retrieve(argument) : maildrop.top(argument)
        if ('refusal' in found) return [found.refusal]
        this.#connection.say(found.status)
        await this.#sendStuffed(found.content)
        return []
      }
      case 'STAT':
      case 'LIST':
      case 'UIDL':
      case 'DELE':
      case 'RSET':
        return maildrop.answer(verb, argument)
      case '':
        return ['-ERR Unknown command.']
      default:
        return [`-ERR Unknown command: ${visible(Buffer.from(verb.slice(0, 40), 'latin1'))}`]
    }
  }

  #capa(): readonly string[] {
    const open = this.#maildrop === undefined
    const login = this.#connection.secure ? ['USER', `SASL ${MECHANISMS.join(' ')}`] : ['STLS']
    const lines = ['TOP', 'UIDL', 'RESP-CODES', 'PIPELINING', 'AUTH-RESP-CODE', ...(open ? login : [])]
    const about = ['EXPIRE NEVER', 'IMPLEMENTATION Mailwire']
    return ['+OK', ...lines, ...about, '.']
  }

  async #stls(argument: string): Promise<readonly string[]> {
    if (argument !== '') return ['-ERR Unknown command.']
    if (this.#connection.secure) return ['-ERR TLS is already active.']
    await this.#connection.flush()
    // what was sent in the clear behind STLS must never be taken for part of the secured session
    if (this.#connection.spokeAhead) {
      this.#over = true
      return ['-ERR Nothing may follow STLS before TLS is negotiated.']
    }
    await this.#connection.startTls(this.#house.secureContext, '+OK Begin TLS negotiation now.')
    this.#user = undefined
    return []
  }

  async #auth(argument: string): Promise<readonly string[]> {
    const [name = '', initial] = argument.split(' ')
    if (name === '') {
      const offered = this.#connection.secure ? MECHANISMS : []
      return ['+OK', ...offered, '.']
    }
    const mechanism = mechanismNamed(name)
    if (mechanism === undefined) return ['-ERR [AUTH] Unsupported authentication mechanism.']
    if (!this.#connection.secure) return ['-ERR [AUTH] Plaintext authentication disabled.']
    const result = await credentialsBy(mechanism, initial, async (challenge) => {
      this.#connection.say(`+ ${challenge}`)
      return (await this.#connection.line()).toString('latin1')
    })
    if (result.kind === 'cancelled') return ['-ERR Authentication aborted by client.']
    if (result.kind === 'malformed') return ['-ERR [AUTH] Invalid base64 in response']
    return this.#logIn(accountOf(result.user, result.password))
  }

  #logIn(account: Account | undefined): readonly string[] {
    this.#user = undefined
    if (account === undefined) return [FAILED]
    const character = characterOf('pop3-user', account)
    if (character?.answer.kind === 'reply') return [character.answer.reply]
    const mailbox = this.#house.mailboxes.get(account)
    if (mailbox === undefined) return [FAILED]
    const messages = mailbox.lock()
    if (messages === undefined) {
      return ['-ERR [IN-USE] Mailbox is locked by another POP3 session.']
    }
    this.#maildrop = new Maildrop(mailbox, messages)
    return ['+OK Logged in.']
  }

  /** Block by block, each when the one before is gone, so that a slow client costs no memory. */
  async #sendStuffed(content: Iterable<Buffer>): Promise<void> {
    const stuffer = new DotStuffer()
    for (const block of content) await this.#connection.send(stuffer.push(block))
    await this.#connection.send(stuffer.end())
  }
}
